package io.github.vla3d.agent;

import io.github.vla3d.policy.Prefix;
import io.github.vla3d.policy.ViewTokens;

/**
 * What a policy made of an observation before it acts; tensors of the scope in which it was made.
 *
 * @param views tokens of the views
 * @param prefix with the memory behind it, if there is any
 */
public record Perception(ViewTokens views, Prefix prefix) {}
