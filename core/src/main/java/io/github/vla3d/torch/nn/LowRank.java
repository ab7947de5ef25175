package io.github.vla3d.torch.nn;

import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;

/**
 * What is learned beside a linear map whose own weight stays: scale (x A^T) B^T (LoRA, Hu et al.,
 * arXiv 2106.09685). Parameters: a [r, in], b [out, r], which is first 0, so that the sum begins as
 * the map itself.
 */
public final class LowRank extends Module {
  private final Parameter a;
  private final Parameter b;
  private final double scale;

  /**
   * @param rank r, at least 1
   * @param scale of the product: alpha / r in the paper
   */
  public LowRank(long in, long out, int rank, double scale) {
    if (rank < 1) {
      throw new IllegalArgumentException("low rank: wanted a rank of at least 1, got " + rank);
    }
    this.a = parameter("a", Initialiser.fanIn(in), rank, in);
    this.b = parameter("b", Initialiser.constant(0), out, rank);
    this.scale = scale;
  }

  /** x [.., in]: what is added to the map's output, [.., out]. */
  Tensor apply(Tensor x) {
    return Scope.tensor(
        () -> {
          DType dtype = x.dtype();
          Tensor inner = Functional.linear(x, a.as(dtype), null);
          return Functional.linear(inner, b.as(dtype), null).mul(scale);
        });
  }

  /**
   * A weight with what was learned, in the weight's type.
   *
   * @param weight [out, in]
   * @param a [r, in]
   * @param b [out, r]
   */
  public Tensor merged(Tensor weight, Tensor a, Tensor b) {
    return Scope.tensor(
        () ->
            Autograd.noGrad(
                () ->
                    weight
                        .to(DType.F32)
                        .add(b.to(DType.F32).matmul(a.to(DType.F32)).mul(scale))
                        .to(weight.dtype())));
  }
}
