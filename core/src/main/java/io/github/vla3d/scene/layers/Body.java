package io.github.vla3d.scene.layers;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * The type in which the bodies of linear maps, convolutions and attention are computed. All else,
 * coordinates, gates, norms, sums and losses, keeps the type that it comes in, fp32.
 */
public enum Body {
  /** That of the input. */
  FULL,
  /** bf16, from and to fp32. */
  BF16;

  private static final Pattern HELD =
      Pattern.compile(
          "fusion\\.input\\.projection\\..*"
              + "|(fusion|predictor|decoder)\\..*(attention|feed_forward)\\..*"
              + "|decoder\\..*\\.sampling\\..*"
              + "|pyramid\\..*\\.convolution\\..*"
              + "|mask_map\\.(upsample1|upsample2|convolution)\\..*"
              + "|heads\\.(box|mask)\\..*");

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

  /** Type in which the weights of bodies are best stored; empty for that which they have. */
  public Optional<DType> stored() {
    return this == BF16 ? Optional.of(DType.BF16) : Optional.empty();
  }

  /**
   * Whether a parameter of the scene module is used in bodies only, so that storing it in their
   * type changes no result.
   *
   * @param name in a checkpoint
   */
  public static boolean holds(String name) {
    return HELD.matcher(name).matches();
  }
}
