package io.github.vla3d.torch.nn;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;

/**
 * Division by the root of the mean square over the last dimension, then scale (Zhang and Sennrich,
 * arXiv 1910.07467). Parameter: weight [D].
 *
 * <p>The normalisation runs in fp32 (in fp64 for fp64 input). The scale is either the weight,
 * applied in the type of the input, or 1 + weight, applied before the result is rounded to that
 * type, as in Gemma.
 */
public final class RmsNorm extends Module {
  private final double epsilon;
  private final boolean onePlus;
  private final Parameter weight;

  private RmsNorm(long width, double epsilon, boolean onePlus) {
    this.epsilon = epsilon;
    this.onePlus = onePlus;
    this.weight = parameter("weight", Initialiser.constant(onePlus ? 0 : 1), width);
  }

  /** Scales by the weight, first 1. */
  public static RmsNorm plain(long width, double epsilon) {
    return new RmsNorm(width, epsilon, false);
  }

  /** Scales by 1 + weight, first 0. */
  public static RmsNorm gemma(long width, double epsilon) {
    return new RmsNorm(width, epsilon, true);
  }

  /** x [.., D]: [.., D]. */
  public Tensor apply(Tensor x) {
    return Scope.tensor(
        () -> {
          Tensor unit = normalise(x, epsilon);
          return onePlus
              ? unit.mul(weight.as(unit.dtype()).add(1)).to(x.dtype())
              : unit.to(x.dtype()).mul(weight.as(x.dtype()));
        });
  }

  /**
   * x / sqrt(mean(x^2) + epsilon) over the last dimension: for norms whose scale comes from
   * elsewhere.
   *
   * @return F32, or F64 for F64 input
   */
  public static Tensor normalise(Tensor x, double epsilon) {
    return Scope.tensor(
        () -> {
          Tensor wide = x.dtype() == DType.F64 ? x : x.to(DType.F32);
          return wide.mul(wide.square().mean(true, -1).add(epsilon).rsqrt());
        });
  }
}
