package io.github.vla3d.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.vla3d.agent.AgentOptions;
import io.github.vla3d.agent.Stage;
import io.github.vla3d.perception.OracleTeacher;
import io.github.vla3d.scene.config.Preset;
import io.github.vla3d.training.SceneTrainer;
import io.github.vla3d.training.TrainingOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two processes that share both stages of the plug-in's training end where one alone does. */
class SharedSceneTrainingTest {
  /** Of each stage. */
  private static final int STEPS = 3;

  /**
   * 8 groups of 3 channels. With the preset's 16 every channel is normalised alone, and then the
   * bias before it has no gradient but rounding, which AdamW makes large.
   */
  private static final String MASK_WIDTH = "24";

  @TempDir static Path shared;
  @TempDir Path out;

  private static TinyRecording made = new TinyRecording(Path.of("."), Path.of("."));

  @BeforeAll
  static void record() {
    made = TinyRecording.in(shared);
  }

  /** All that is drawn for a batch. */
  private static final Map<String, String> DRAWN =
      Map.of(
          "augment.frame", "true",
          "augment.depthDropout", "0.3",
          "augment.depthNoise", "0.01",
          "augment.extrinsicTurn", "0.02",
          "augment.extrinsicShift", "0.02",
          "augment.cameraTurn", "0.2",
          "augment.cameraZoom", "0.1",
          "training.draws", "2");

  private static final Map<String, String> EXTENDED =
      Map.of(
          "scene.ssl.mask", "pixels",
          "scene.ssl.teacher", "branch",
          "scene.completion.source", "head",
          "scene.tokens.contentNoise", "0.1",
          "training.clipPerGroup", "true");

  private TrainingOptions options(String to, boolean extended) {
    Map<String, String> all = new HashMap<>(DRAWN);
    if (extended) {
      all.putAll(EXTENDED);
    }
    all.put("scene.sizes.maskWidth", MASK_WIDTH);
    all.put("training.batch", "4");
    all.put("training.steps", String.valueOf(STEPS));
    all.put("training.warmup", "1");
    // Some weights of the expert are 0 at first: of these, rounding is compared with all that they
    // learn, and steps of AdamW make it larger from step to step.
    all.put("training.peak", "1.0e-4");
    return new TrainingOptions(
        made.data(),
        List.of(),
        made.base(),
        out.resolve(to),
        out.resolve(to).resolve("frames"),
        Preset.of("test").with(all),
        List.of(Stage.INSTANCES, Stage.COMPLETION),
        AgentOptions.DEFAULTS,
        3,
        2);
  }

  private static SharedRuns.Trainer trainer(TrainingOptions options) {
    return (listener, group) ->
        new SceneTrainer(options, () -> new OracleTeacher(options.data()), listener, group).run();
  }

  private Path checkpoint(String run) {
    return out.resolve(run).resolve("checkpoints/%06d".formatted(2 * STEPS));
  }

  /** The trained weights and their average. */
  private void assertClose(String one, String two) throws IOException {
    List<String> compared = new ArrayList<>();
    try (Stream<Path> files = Files.list(checkpoint(one).resolve("pretrained_model"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".safetensors")).toList()) {
        String name = "pretrained_model/" + file.getFileName();
        SharedRuns.assertClose(file, checkpoint(two).resolve(name), tensor -> false);
        compared.add("" + file.getFileName());
      }
    }
    assertThat(compared).contains("model.safetensors", "expert.safetensors");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void twoEndWhereOneDoes(boolean extended) throws Exception {
    SharedRuns.Watcher one = SharedRuns.alone(trainer(options("one", extended)));
    SharedRuns.Watcher two =
        SharedRuns.together(trainer(options("two", extended)), SharedRuns.NEVER);
    assertThat(one.steps).hasSize(2 * STEPS);
    assertThat(two.notes).isEqualTo(one.notes);
    SharedRuns.assertClose(one.steps, two.steps);
    assertClose("one", "two");
  }

  /**
   * Rank 1 alone is asked to stop, in the first stage and in the second: both do, and go on with
   * the same bits; so may one alone.
   */
  @Test
  void goesOnWithTheSameBits() throws Exception {
    SharedRuns.together(trainer(options("whole", true)), SharedRuns.NEVER);
    SharedRuns.Trainer parts = trainer(options("parts", true));
    assertThat(SharedRuns.together(parts, 1).steps).hasSize(1);
    assertThat(SharedRuns.together(parts, STEPS).steps).hasSize(STEPS);
    assertThat(SharedRuns.together(parts, SharedRuns.NEVER).steps).hasSize(2 * STEPS - 4);
    SharedRuns.assertSameBits(checkpoint("whole"), checkpoint("parts"));
    SharedRuns.Trainer less = trainer(options("less", true));
    assertThat(SharedRuns.together(less, STEPS + 1).steps).hasSize(STEPS + 1);
    assertThat(SharedRuns.alone(less).steps).hasSize(STEPS - 1);
    assertClose("whole", "less");
  }

  private List<String> arguments(String to, int batch) {
    return List.of(
        "train",
        "--stage=both",
        "--preset=test",
        "--data=" + made.data(),
        "--base=" + made.base(),
        "--out=" + out.resolve(to),
        "--steps=" + STEPS,
        "--threads=1",
        "--scene.sizes.maskWidth=" + MASK_WIDTH,
        "--training.batch=" + batch,
        "--json");
  }

  /** So many samples of a batch that the frames are kept. */
  private static final int MANY = 12;

  /** The frames are kept: rank 0 makes the file, both read it. */
  @Test
  void theProgramDoesSo() throws Exception {
    Program one = Program.run(arguments("one", MANY).toArray(String[]::new));
    assertThat(one.status()).as(one.err()).isZero();
    Program two = SharedRuns.launched(arguments("two", MANY));
    assertThat(two.status()).as(two.err()).isZero();
    assertThat(out.resolve("two/frames/samples.bin")).exists();
    for (String stage : List.of("1", "2")) {
      List<Map<String, Double>> wanted = SharedRuns.losses(out.resolve("one"), stage);
      assertThat(wanted).hasSize(STEPS);
      SharedRuns.assertClose(wanted, SharedRuns.losses(out.resolve("two"), stage));
    }
    assertClose("one", "two");
    assertThat(new ObjectMapper().readTree(two.out()).get("done").asBoolean()).isTrue();
    assertThat(two.err()).doesNotContain("[rank 1] train:").contains("[rank 0] train:");
  }

  @Test
  void aBatchThatCannotBeSharedEvenlyIsAnError() throws Exception {
    Program two = SharedRuns.launched(arguments("two", 3));
    assertThat(two.status()).isEqualTo(1);
    assertThat(two.err())
        .containsOnlyOnce("wanted a training.batch that 2 processes share evenly, got 3");
    assertThat(out.resolve("two/checkpoints")).doesNotExist();
  }
}
