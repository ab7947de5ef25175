package io.github.vla3d.scene.aggregation;

import io.github.vla3d.torch.Tensor;

/**
 * All that the method hands to a policy: S instance tokens, then the completion tokens.
 *
 * @param tokens [B, S + n, T] of the width of the policy, 0 where not valid
 * @param valid BOOL [B, S + n]
 */
public record SceneTokens(Tensor tokens, Tensor valid) {}
