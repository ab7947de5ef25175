package io.github.vla3d.policy.processing;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;

/**
 * Flow times as sines and cosines of periods that grow geometrically. The shortest are so short
 * that the last bit of a time shows: all is computed in F64.
 */
public final class TimeEmbedding {
  private TimeEmbedding() {}

  /**
   * @param times floating [..]
   * @param size of the embedding, even
   * @param minPeriod shortest period; pi0 and pi0.5: 4e-3
   * @param maxPeriod longest period; pi0 and pi0.5: 4
   * @return F64 [.., size]: sines, then cosines
   */
  public static Tensor of(Tensor times, int size, double minPeriod, double maxPeriod) {
    if (size < 2 || size % 2 != 0) {
      throw new ProcessingException("time embedding: wanted an even size above 0, got " + size);
    }
    return Scope.tensor(
        () -> {
          Tensor share = Tensors.linspace(0, 1, size / 2, DType.F64, times.device());
          Tensor period = share.mul(Math.log(maxPeriod / minPeriod)).exp().mul(minPeriod);
          Tensor angle =
              times.to(DType.F64).unsqueeze(-1).mul(period.reciprocal().mul(2 * Math.PI));
          return Tensors.cat(-1, angle.sin(), angle.cos());
        });
  }
}
