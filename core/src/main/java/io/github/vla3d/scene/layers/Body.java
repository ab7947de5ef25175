package io.github.vla3d.scene.layers;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import java.util.function.UnaryOperator;

/**
 * The type in which the bodies of linear maps, convolutions and attention are computed. All else,
 * coordinates, gates, norms, sums and losses, keeps the type that it comes in, fp32.
 */
public enum Body {
  /** That of the input. */
  FULL,
  /** bf16, from and to fp32. */
  BF16;

  /** What goes into a body. */
  public Tensor in(Tensor x) {
    return this == BF16 ? x.to(DType.BF16) : x;
  }

  /** What comes out of one. */
  public Tensor out(Tensor y) {
    return this == BF16 ? y.to(DType.F32) : y;
  }

  /** Runs a layer as a body: type of x in, type of x out. */
  public Tensor run(UnaryOperator<Tensor> layer, Tensor x) {
    return Scope.tensor(() -> out(layer.apply(in(x))));
  }
}
