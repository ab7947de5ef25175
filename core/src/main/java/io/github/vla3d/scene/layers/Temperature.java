package io.github.vla3d.scene.layers;

import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.nn.Parameter;

/** Learnable temperatures are stored as logarithms: tau = clamp(exp(log), 0.1, 10), first 1. */
public final class Temperature {
  private Temperature() {}

  /** [1], of the parameter's type. */
  public static Tensor of(Parameter logarithm) {
    return logarithm.value().exp().clamp(0.1, 10);
  }
}
