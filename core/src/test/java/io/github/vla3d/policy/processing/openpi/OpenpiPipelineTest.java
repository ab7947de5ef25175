package io.github.vla3d.policy.processing.openpi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.data.NormStats;
import io.github.vla3d.policy.processing.ProcessingException;
import io.github.vla3d.policy.processing.Tokenizer;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class OpenpiPipelineTest {
  private static Tokenizer tokenizer;

  @BeforeAll
  static void open() {
    tokenizer = Tokenizer.open(Path.of("src/test/resources/golden/preprocess/tokenizer.model"));
  }

  @AfterAll
  static void close() {
    tokenizer.close();
  }

  private static NormStats stats(int size) {
    Random random = new Random(size);
    Map<String, NormStats.Vector> features = new HashMap<>();
    for (String feature : List.of("state", "actions")) {
      features.put(
          feature,
          new NormStats.Vector(
              random.doubles(size, -1, 1).boxed().toList(),
              random.doubles(size, 0.5, 2).boxed().toList(),
              random.doubles(size, -3, -1).boxed().toList(),
              random.doubles(size, 1, 3).boxed().toList()));
    }
    return new NormStats(features);
  }

  /** Requests of the robot of a configuration. */
  private static Map<String, Tensor> values(Configuration configuration) {
    Tensor image = Tensors.zeros(DType.U8, Device.CPU, 16, 12, 3);
    Map<String, Tensor> values = new HashMap<>();
    if (configuration.settings().robot() instanceof Libero) {
      values.put("observation/image", image);
      values.put("observation/wrist_image", image);
      values.put("observation/state", vector(8));
    } else if (configuration.settings().robot() instanceof Droid) {
      values.put("observation/exterior_image_1_left", image);
      values.put("observation/wrist_image_left", image);
      values.put("observation/joint_position", vector(7));
      values.put("observation/gripper_position", vector(1).reshape());
    } else {
      values.put("images/cam_high", Tensors.zeros(DType.U8, Device.CPU, 3, 16, 12));
      values.put("images/cam_low", Tensors.zeros(DType.U8, Device.CPU, 3, 16, 12));
      values.put("state", vector(14));
    }
    return values;
  }

  private static Tensor vector(int size) {
    return Tensors.of(new Random(size).doubles(size, 0.1, 0.9).toArray(), size);
  }

  /** What training turns into targets, serving turns back into the actions. */
  @ParameterizedTest
  @MethodSource("io.github.vla3d.policy.processing.openpi.Configuration#known")
  void targetsComeBackAsActions(Configuration configuration) {
    Scope.run(
        () -> {
          Settings settings = configuration.settings().withDefaultPrompt("go");
          OpenpiPipeline pipeline = new OpenpiPipeline(settings, stats(14), tokenizer);
          int size = settings.robot().actionSize();
          double[] actions = new Random(1).doubles(5 * size, -1, 1).toArray();
          Map<String, Tensor> values = values(configuration);
          values.put("actions", Tensors.of(actions, 5, size));
          ModelInput input = pipeline.input(new Request(values, null));
          assertThat(input.state().shape()).containsExactly(32);
          assertThat(input.cameras()).hasSize(3);
          assertThat(input.cameras().get(0).image().shape()).containsExactly(224, 224, 3);
          assertThat(input.prompt().ids()).hasSize(configuration.pi05() ? 200 : 48);
          Tensor targets = input.actions();
          assertThat(targets).isNotNull();
          assertThat(targets.shape()).containsExactly(5, 32);
          // The network sees fp32; the reference restores the state with the actions.
          assertThat(pipeline.output(input.state(), targets).toDoubles())
              .containsExactly(actions, within(2e-5));
        });
  }

  @Test
  void namedConfigurations() {
    assertThat(Configuration.named("pi05_libero").settings().stateInPrompt()).isFalse();
    assertThat(Configuration.named("pi05_libero").horizon()).isEqualTo(10);
    assertThat(Configuration.named("pi0_aloha_sim").settings().delta()).isEmpty();
    assertThat(Settings.mask(2, -1, 1)).containsExactly(true, true, false, true);
    assertThatThrownBy(() -> Configuration.named("pi9"))
        .isInstanceOf(ProcessingException.class)
        .hasMessageContaining("got 'pi9'");
  }

  @Test
  void badRequestsAreNamed() {
    Scope.run(
        () -> {
          Configuration libero = Configuration.named("pi05_libero");
          OpenpiPipeline pipeline = new OpenpiPipeline(libero.settings(), stats(8), tokenizer);
          Map<String, Tensor> values = values(libero);
          assertThatThrownBy(() -> pipeline.input(new Request(values, null)))
              .isInstanceOf(ProcessingException.class)
              .hasMessageContaining("wanted a prompt");
          values.put("observation/state", vector(7));
          assertThatThrownBy(() -> pipeline.input(new Request(values, "x")))
              .isInstanceOf(ProcessingException.class)
              .hasMessageContaining("observation/state: wanted 8 floating numbers");
          values.put("observation/state", vector(8).mul(Double.NaN));
          assertThatThrownBy(() -> pipeline.input(new Request(values, "x")))
              .isInstanceOf(ProcessingException.class)
              .hasMessageContaining("observation/state: wanted finite numbers, got NaN at 0");
          values.put("observation/state", vector(8));
          values.put("observation/image", Tensors.zeros(4, 4));
          assertThatThrownBy(() -> pipeline.input(new Request(values, "x")))
              .isInstanceOf(ProcessingException.class)
              .hasMessageContaining("observation/image: wanted a colour picture");
          values.remove("observation/image");
          assertThatThrownBy(() -> pipeline.input(new Request(values, "x")))
              .isInstanceOf(ProcessingException.class)
              .hasMessageContaining("wanted a key 'observation/image'");
          assertThatThrownBy(() -> pipeline.output(Tensors.zeros(32), Tensors.zeros(5, 7)))
              .isInstanceOf(ProcessingException.class)
              .hasMessageContaining("wanted [H, 32]");
        });
  }

  @Test
  void alohaKnowsItsCameras() {
    Scope.run(
        () -> {
          Configuration aloha = Configuration.named("pi0_aloha_sim");
          OpenpiPipeline pipeline = new OpenpiPipeline(aloha.settings(), stats(14), tokenizer);
          Map<String, Tensor> values = values(aloha);
          assertThat(pipeline.input(new Request(values, null)).cameras())
              .extracting(ModelInput.Camera::present)
              .containsExactly(true, false, false);
          values.put("images/cam_front", values.get("images/cam_high"));
          assertThatThrownBy(() -> pipeline.input(new Request(values, null)))
              .isInstanceOf(ProcessingException.class)
              .hasMessageContaining("images/cam_front");
        });
  }

  @Test
  void missingStatisticsAreNamed() {
    NormStats none = new NormStats(Map.of());
    assertThatThrownBy(
            () ->
                new OpenpiPipeline(Configuration.named("pi05_libero").settings(), none, tokenizer))
        .isInstanceOf(ProcessingException.class)
        .hasMessageContaining("wanted statistics of state");
  }
}
