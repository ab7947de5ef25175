package io.github.vla3d.scene.instance;

import io.github.vla3d.scene.layers.Body;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.nn.Conv2d;
import io.github.vla3d.torch.nn.ConvTranspose2d;
import io.github.vla3d.torch.nn.Convolution;
import io.github.vla3d.torch.nn.GroupNorm;
import io.github.vla3d.torch.nn.Module;

/** F^(1/4): the memory of each view as a map four times as fine as the tokens, for masks. */
public final class MaskMap extends Module {
  private final ConvTranspose2d upsample1;
  private final GroupNorm norm;
  private final ConvTranspose2d upsample2;
  private final Conv2d convolution;
  private final Body body;

  MaskMap(int width, int maskWidth, Body body) {
    Convolution twice = Convolution.DEFAULT.withStride(2);
    this.upsample1 = register("upsample1", new ConvTranspose2d(width, maskWidth, 2, twice));
    this.norm = register("norm", Pyramid.groupNorm(maskWidth));
    this.upsample2 = register("upsample2", new ConvTranspose2d(maskWidth, maskWidth, 2, twice));
    this.convolution =
        register(
            "convolution", new Conv2d(maskWidth, maskWidth, 3, Convolution.DEFAULT.withPadding(1)));
    this.body = body;
  }

  /** memory [B V, D, h, w]: [B V, M, 4 h, 4 w]. */
  Tensor apply(Tensor memory) {
    return Scope.tensor(
        () -> {
          Tensor half = Functional.gelu(norm.apply(body.run(upsample1::apply, memory)));
          return body.run(x -> convolution.apply(upsample2.apply(x)), half);
        });
  }
}
