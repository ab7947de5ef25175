package io.github.vla3d.torch.nn;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;

/**
 * Mean 0 and (biased) variance 1 over each group of channels, then scale and shift per channel (Wu
 * and He, arXiv 1803.08494). Parameters: weight [C], first 1; bias [C], first 0.
 */
public final class GroupNorm extends Module {
  private final long groups;
  private final double epsilon;
  private final Parameter weight;
  private final Parameter bias;

  /**
   * @param groups a divisor of the number of channels
   * @param epsilon added to the variance
   */
  public GroupNorm(long groups, long channels, double epsilon) {
    if (groups < 1 || channels % groups != 0) {
      throw new IllegalArgumentException(
          "group norm: wanted groups that divide " + channels + " channels, got " + groups);
    }
    this.groups = groups;
    this.epsilon = epsilon;
    this.weight = parameter("weight", Initialiser.constant(1), channels);
    this.bias = parameter("bias", Initialiser.constant(0), channels);
  }

  /** x [B, C, ..]: the same shape. */
  public Tensor apply(Tensor x) {
    return Scope.tensor(
        () -> {
          DType dtype = x.dtype();
          return Functional.groupNorm(x, groups, weight.as(dtype), bias.as(dtype), epsilon);
        });
  }
}
