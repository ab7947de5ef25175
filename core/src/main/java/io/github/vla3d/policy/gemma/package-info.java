/**
 * The language model Gemma (arXiv 2403.08295) as layers over a growing cache of keys and values,
 * with the adaptive norms of pi0.5.
 */
@NullMarked
package io.github.vla3d.policy.gemma;

import org.jspecify.annotations.NullMarked;
