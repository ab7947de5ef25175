package io.github.vla3d.torch.nn;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;

/**
 * Mean 0 and (biased) variance 1 over the last dimension, then scale and shift (Ba et al., arXiv
 * 1607.06450). Parameters: weight [D], first 1; bias [D], first 0.
 */
public final class LayerNorm extends Module {
  private final double epsilon;
  private final Parameter weight;
  private final Parameter bias;

  /**
   * @param epsilon added to the variance
   */
  public LayerNorm(long width, double epsilon) {
    this.epsilon = epsilon;
    this.weight = parameter("weight", Initialiser.constant(1), width);
    this.bias = parameter("bias", Initialiser.constant(0), width);
  }

  /** Epsilon 1e-5, PyTorch's. */
  public LayerNorm(long width) {
    this(width, 1e-5);
  }

  /** x [.., D]: [.., D]. */
  public Tensor apply(Tensor x) {
    return Scope.tensor(
        () -> {
          DType dtype = x.dtype();
          return Functional.layerNorm(x, weight.as(dtype), bias.as(dtype), epsilon);
        });
  }
}
