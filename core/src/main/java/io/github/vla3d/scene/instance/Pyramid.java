package io.github.vla3d.scene.instance;

import io.github.vla3d.scene.input.Placement;
import io.github.vla3d.scene.layers.Body;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.nn.Conv2d;
import io.github.vla3d.torch.nn.ConvTranspose2d;
import io.github.vla3d.torch.nn.Convolution;
import io.github.vla3d.torch.nn.GroupNorm;
import io.github.vla3d.torch.nn.Module;
import io.github.vla3d.torch.nn.Trace;
import java.math.BigInteger;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * The memory of each view as maps of three strides, nominally 8, 16 and 32 pixels: twice as fine as
 * the tokens, as they are, and half as fine. No activation follows the norms.
 */
public final class Pyramid extends Module {
  /** Maps that it makes. */
  static final int LEVELS = 3;

  private final Level stride8;
  private final Level stride16;
  private final Level stride32;
  private final Body body;

  Pyramid(int width, Body body) {
    this.body = body;
    ConvTranspose2d finer = new ConvTranspose2d(width, width, 2, Convolution.DEFAULT.withStride(2));
    Conv2d same = new Conv2d(width, width, 1, Convolution.DEFAULT);
    Conv2d coarser = new Conv2d(width, width, 1, Convolution.DEFAULT);
    this.stride8 = register("stride8", new Level(finer, finer::apply, width, body));
    this.stride16 = register("stride16", new Level(same, same::apply, width, body));
    this.stride32 = register("stride32", new Level(coarser, coarser::apply, width, body));
  }

  private static final class Level extends Module {
    private final UnaryOperator<Tensor> convolution;
    private final GroupNorm norm;
    private final Body body;

    Level(Module convolution, UnaryOperator<Tensor> function, int width, Body body) {
      register("convolution", convolution);
      this.convolution = function;
      this.norm = register("norm", groupNorm(width));
      this.body = body;
    }

    Tensor apply(Tensor x) {
      return Scope.tensor(() -> norm.apply(body.run(convolution, x)));
    }
  }

  /** With as many groups as divide the channels, up to 32. */
  static GroupNorm groupNorm(int channels) {
    int groups = BigInteger.valueOf(channels).gcd(BigInteger.valueOf(32)).intValueExact();
    return new GroupNorm(groups, channels, 1e-5);
  }

  /**
   * Maps with the cells that carry nothing.
   *
   * @param maps [B V, D, h_l, w_l], finest first, as all layers read them: in the bodies' type,
   *     channels last in memory
   * @param blank BOOL [B V, h_l, w_l]: cells all of whose tokens are padding or absent
   */
  record Maps(List<Tensor> maps, List<Tensor> blank) {}

  /**
   * @param memory [B V, D, h, w]
   * @param key BOOL [B V, h, w] as in {@link Placement#key}
   * @param trace sees pyramid.strideS
   */
  Maps apply(Tensor memory, Tensor key, Trace trace) {
    return Scope.call(
        scope -> {
          Tensor f8 = stride8.apply(memory);
          Tensor f16 = stride16.apply(memory);
          Tensor f32 = stride32.apply(Functional.maxPool2d(memory, 2, 2, 0));
          trace.see("pyramid.stride8", f8);
          trace.see("pyramid.stride16", f16);
          trace.see("pyramid.stride32", f32);
          long h = key.size(1);
          long w = key.size(2);
          Tensor blank8 = key.not().repeatInterleave(2, 1).repeatInterleave(2, 2);
          Tensor blank32 = key.view(-1, h / 2, 2, w / 2, 2).any(false, 2, 4).not();
          return new Maps(
              Stream.of(f8, f16, f32)
                  .map(map -> scope.keep(DeformableAttention.channelsLast(body.in(map))))
                  .toList(),
              List.of(scope.keep(blank8), scope.keep(key.not()), scope.keep(blank32)));
        });
  }
}
