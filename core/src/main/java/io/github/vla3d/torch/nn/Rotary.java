package io.github.vla3d.torch.nn;

import io.github.vla3d.torch.Tensor;

/**
 * Rotates channels by angles that grow with position (Su et al., arXiv 2104.09864), after queries
 * and keys are projected. It is made for the positions of one call.
 */
@FunctionalInterface
public interface Rotary {
  /** x [B, H, N, d], one head per index of H: the same shape and type. */
  Tensor apply(Tensor x);
}
