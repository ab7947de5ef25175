package io.github.vla3d.scene.probe;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.vla3d.scene.Guidance;
import io.github.vla3d.scene.Ports;
import io.github.vla3d.scene.SceneModule;
import io.github.vla3d.scene.config.Preset;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.layers.Body;
import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.nn.Trace;
import org.junit.jupiter.api.Test;

class SceneProbeTest {
  private static final SceneConfig CONFIG = Preset.of("test").scene();
  private static final Ports PORTS = new Ports(64, 64, 1);

  @Test
  void everyPartIsTimedAndCompletionFindsHiddenPoints() {
    SceneProbe.Report report = SceneProbe.run(CONFIG, PORTS, Body.BF16, 2, 1, round -> {});
    assertThat(report.parts())
        .extracting(SceneProbe.Part::name)
        .containsExactly(
            "placement",
            "fusion",
            "pyramid, mask map",
            "decoder, selection",
            "masks",
            "completion points",
            "predictor",
            "routing",
            "tokens");
    assertThat(report.parts()).allMatch(part -> part.seconds() > 0);
    assertThat(report.rounds()).hasSize(2);
    assertThat(report.instances()).isBetween(1, CONFIG.sizes().probes());
    assertThat(report.completed()).isEqualTo(CONFIG.completion().slots());
  }

  /** Weights of bodies stored in bf16 say the same, bit for bit, as those converted on the way. */
  @Test
  void storingBodiesChangesNoResult() {
    try (SceneModule module = new SceneModule(CONFIG, PORTS, Body.BF16);
        Generator generator = new Generator(3)) {
      module.initialise(generator);
      float[][] tokens = new float[2][];
      Scope.run(
          () ->
              Autograd.noGrad(
                  () -> {
                    SceneRequest request = SceneRequest.of(CONFIG, 64, DType.BF16, generator);
                    for (int i = 0; i < 2; i++) {
                      tokens[i] =
                          module
                              .perceive(request.input(), Guidance.inference(null), Trace.NONE)
                              .instances()
                              .content()
                              .toFloats();
                      module.storeBodies();
                    }
                    return true;
                  }));
      assertThat(tokens[1]).isEqualTo(tokens[0]);
      assertThat(module.parameters().values())
          .anyMatch(parameter -> parameter.value().dtype() == DType.BF16)
          .anyMatch(parameter -> parameter.value().dtype() == DType.F32);
    }
  }
}
