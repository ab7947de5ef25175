package io.github.vla3d.scene.completion;

import io.github.vla3d.scene.Scenes;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.layers.Body;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.GradientCheck;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.nn.Trace;
import org.junit.jupiter.api.Test;

class CompletionGradientTest {
  /** Eq. (7) to (10), through features, positions and both attentions. */
  @Test
  void predictor() {
    SceneConfig config = Scenes.config();
    try (Predictor predictor = new Predictor(config, Body.FULL);
        Generator generator = new Generator(1)) {
      Scenes.stir(predictor, 2);
      Scope.run(
          () -> {
            Tensor keys = Tensors.ones(DType.BOOL, Device.CPU, 2, 9);
            keys.select(1, 4).fill_(0);
            Tensor asked = Tensors.ones(DType.BOOL, Device.CPU, 2, 4);
            asked.select(0, 1).select(0, 3).fill_(0);
            Tensor ids = generator.randint(0, 4, 2, 9);
            Tensor askedIds = generator.randint(0, 5, 2, 4);
            GradientCheck.module(
                predictor,
                x ->
                    predictor.apply(
                        x.get(0),
                        new Predictor.Places(x.get(1), ids, keys),
                        new Predictor.Places(x.get(2), askedIds, asked),
                        Trace.NONE),
                generator.randn(DType.F64, 2, 9, 48),
                generator.randn(DType.F64, 2, 9, 3).mul(0.1),
                generator.randn(DType.F64, 2, 4, 3).mul(0.1));
          });
    }
  }

  /** The head that says the points itself, and what it is trained on. */
  @Test
  void completionHead() {
    SceneConfig config = Scenes.config();
    try (CompletionHead head = new CompletionHead(config);
        Generator generator = new Generator(3)) {
      Scenes.stir(head, 4);
      Scope.run(
          () -> {
            Tensor points = generator.rand(DType.F64, 2, 3, 3);
            Tensor wanted =
                points.unsqueeze(2).add(generator.randn(DType.F64, 2, 3, 5, 3).mul(0.1));
            Tensor share = generator.rand(DType.F64, 2, 3);
            Tensor occluded =
                Tensors.of(new boolean[] {true, false, true, true, false, false}, 2, 3);
            Tensor known = Tensors.of(new boolean[] {true, false, true, true, true, false}, 2, 3);
            HiddenParts parts = new HiddenParts(wanted, share, occluded, known);
            GradientCheck.module(
                head,
                x -> CompletionHead.loss(head.apply(x.get(0), points), parts).total(),
                generator.randn(DType.F64, 2, 3, 48));
          });
    }
  }
}
