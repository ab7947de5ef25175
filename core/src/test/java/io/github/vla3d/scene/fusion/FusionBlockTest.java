package io.github.vla3d.scene.fusion;

import io.github.vla3d.scene.Scenes;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.encoding.Rotary3d;
import io.github.vla3d.scene.layers.Body;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.GradientCheck;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import org.junit.jupiter.api.Test;

class FusionBlockTest {
  /** A block with Eq. (9) on its queries and keys, some of which may not be read. */
  @Test
  void gradientsAreThoseOfDifferences() {
    SceneConfig config = Scenes.config();
    try (FusionBlock block = new FusionBlock(config.sizes(), Body.FULL);
        Generator generator = new Generator(1)) {
      Scenes.stir(block, 2);
      Scope.run(
          () -> {
            Tensor keys = Tensors.ones(DType.BOOL, Device.CPU, 2, 7);
            keys.select(1, 3).fill_(0);
            GradientCheck.module(
                block,
                x ->
                    block.apply(
                        x.get(0),
                        keys,
                        Rotary3d.of(x.get(1), config.sizes().headWidth(), config.rope())),
                generator.randn(DType.F64, 2, 7, 48),
                generator.randn(DType.F64, 2, 7, 3).mul(0.1));
          });
    }
  }
}
