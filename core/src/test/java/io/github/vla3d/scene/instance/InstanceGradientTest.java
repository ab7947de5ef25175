package io.github.vla3d.scene.instance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.vla3d.scene.Scenes;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.fusion.Memory;
import io.github.vla3d.scene.input.Placement;
import io.github.vla3d.scene.input.SceneInput;
import io.github.vla3d.scene.layers.Body;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.GradientCheck;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.nn.Module;
import io.github.vla3d.torch.nn.Trace;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InstanceGradientTest {
  /** Registers what is otherwise a child of the scene module. */
  private static final class Parts extends Module {
    Parts(InstanceModule instances) {
      instances.parts().forEach(part -> register(part.name(), part.module()));
    }
  }

  private static SceneInput inFull(SceneInput in) {
    return new SceneInput(
        in.tokens().to(DType.F64),
        in.depth().to(DType.F64),
        in.intrinsics().to(DType.F64),
        in.cameraFromWorld().to(DType.F64),
        in.present(),
        in.padding(),
        in.viewIds(),
        in.endEffector().to(DType.F64));
  }

  /**
   * Eq. (2) to (4) and the heads: one decoder layer, because those behind it cut the graph at their
   * points on purpose.
   */
  @ParameterizedTest
  @ValueSource(strings = {"offset", "attention"})
  void decoderLayerAndHeads(String readout) {
    SceneConfig config =
        Scenes.config(
            "scene.sizes.decoderLayers", "1",
            "scene.sizes.probes", "24",
            "scene.probe.readout", readout);
    InstanceModule instances = new InstanceModule(config, Body.FULL);
    try (Parts parts = new Parts(instances);
        Generator generator = new Generator(3)) {
      Scenes.stir(parts, 4);
      Scope.run(
          () -> {
            SceneInput input = inFull(Scenes.input(1, 2, 5));
            Placement placement = Placement.of(input, config, Trace.NONE);
            GradientCheck.module(
                parts,
                x -> {
                  Instances seen =
                      instances.apply(new Memory(x.get(0), placement), input, Trace.NONE);
                  LayerPrediction last = seen.last();
                  // Views must show some probes, or Eq. (3) would not be in the check.
                  assertThat(last.projection().valid().any().itemBoolean()).isTrue();
                  return Tensors.cat(
                      0,
                      flat(seen.content()),
                      flat(last.points()),
                      flat(last.logits()),
                      flat(last.boxes()),
                      flat(last.masks(seen.maskMap()).narrow(2, 0, 2)));
                },
                generator.randn(DType.F64, 1, input.count(), 48));
          });
    }
  }

  private static Tensor flat(Tensor x) {
    return x.reshape(-1);
  }

  /** Eq. (6), with the divisors of both matchings. */
  @ParameterizedTest
  @ValueSource(strings = {"3d", "2d"})
  void instanceLoss(String matching) {
    SceneConfig config = Scenes.config("scene.matching", matching);
    try (Generator generator = new Generator(6)) {
      Scope.run(
          () -> {
            Targets f32 = Scenes.targets(2, 3, 3, 7);
            Targets targets =
                new Targets(
                    f32.boxes().to(DType.F64),
                    f32.centroids().to(DType.F64),
                    f32.valid(),
                    f32.inView(),
                    f32.masks());
            Tensor present = Tensors.ones(DType.BOOL, Device.CPU, 2, 3);
            Tensor logits = generator.randn(DType.F64, 2, 8);
            Tensor points = generator.rand(DType.F64, 2, 8, 3);
            Tensor boxes = generator.rand(DType.F64, 2, 3, 8, 4).mul(0.4).add(0.3);
            Tensor embeddings = generator.randn(DType.F64, 2, 3, 8, 5);
            Tensor map = generator.randn(DType.F64, 6, 5, 8, 8);
            Matching.Match match =
                Matching.match(
                    prediction(points, logits, boxes, embeddings), targets, present, config);
            assertThat(match.count()).isGreaterThan(3);
            GradientCheck.function(
                x ->
                    InstanceLoss.of(
                            new Instances(
                                x.get(0),
                                List.of(prediction(x.get(0), x.get(1), x.get(2), x.get(3))),
                                x.get(4)),
                            targets,
                            match,
                            present,
                            config)
                        .total(),
                points,
                logits,
                boxes,
                embeddings,
                map);
          });
    }
  }

  private static LayerPrediction prediction(
      Tensor points, Tensor logits, Tensor boxes, Tensor embeddings) {
    return new LayerPrediction(
        points, new Projection(points, points, points, points), logits, boxes, embeddings);
  }

  /** What a layer cannot answer for must not reach the sum: no object, no gradient but of cls. */
  @Test
  void withoutObjectsOnlyTheBackgroundCounts() {
    SceneConfig config = Scenes.config();
    Scope.run(
        () -> {
          Targets some = Scenes.targets(1, 2, 2, 8);
          Targets none =
              new Targets(
                  some.boxes(),
                  some.centroids(),
                  Tensors.zeros(DType.BOOL, Device.CPU, 1, 2),
                  some.inView(),
                  some.masks());
          try (Generator generator = new Generator(9)) {
            Tensor points = generator.rand(DType.F32, 1, 8, 3);
            LayerPrediction prediction =
                prediction(
                    points,
                    generator.randn(DType.F32, 1, 8),
                    generator.rand(DType.F32, 1, 2, 8, 4),
                    generator.randn(DType.F32, 1, 2, 8, 5));
            Tensor present = Tensors.ones(DType.BOOL, Device.CPU, 1, 2);
            Matching.Match match = Matching.match(prediction, none, present, config);
            InstanceLoss loss =
                InstanceLoss.of(
                    new Instances(
                        points, List.of(prediction), generator.randn(DType.F32, 2, 5, 8, 8)),
                    none,
                    match,
                    present,
                    config);
            assertThat(match.count()).isZero();
            loss.layers()
                .get(0)
                .byName()
                .forEach(
                    (name, value) -> assertThat(value.item() > 0).isEqualTo(name.equals("cls")));
          }
        });
  }
}
