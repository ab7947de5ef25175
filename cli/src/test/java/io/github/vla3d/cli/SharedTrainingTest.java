package io.github.vla3d.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.vla3d.training.BaseOptions;
import io.github.vla3d.training.BaseTrainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two processes that share a training end where one alone does. */
class SharedTrainingTest {
  /** Seconds. */
  private static final int GRACE = 50;

  @TempDir static Path shared;
  @TempDir Path out;

  private static TinyRecording made = new TinyRecording(Path.of("."), Path.of("."));

  @BeforeAll
  static void record() {
    made = TinyRecording.in(shared);
  }

  /** Everything that changes how a batch is made and weighed. */
  private static Map<String, String> choices(String extent) {
    // Of the expert alone, what the frozen model makes of a frame is kept if pictures stay.
    boolean kept = extent.equals("expert");
    return Map.of(
        "base.extent", extent,
        // What AdamW makes of a gradient that is rounding alone grows with the rate.
        "base.peak", "5.0e-4",
        "base.batch", "4",
        "base.accumulate", "2",
        "base.draws", "2",
        "base.average", "0.9",
        "base.grounding", "0.5",
        "base.shift", kept ? "0" : "2",
        "base.brightness", kept ? "0" : "0.1");
  }

  private BaseOptions options(String to, Map<String, String> choices) {
    return made.training(out.resolve(to + "-frames"), out.resolve(to), choices, 2);
  }

  private static SharedRuns.Watcher alone(BaseOptions options) throws IOException {
    return SharedRuns.alone((listener, group) -> new BaseTrainer(options, listener, group).run());
  }

  private static SharedRuns.Watcher together(BaseOptions options, int last) throws Exception {
    return SharedRuns.together(
        (listener, group) -> new BaseTrainer(options, listener, group).run(), last);
  }

  private Path checkpoint(String run) {
    return out.resolve(run).resolve("checkpoints/000006");
  }

  /**
   * What is trained, relative to each tensor's norm. What is added to the keys of all tokens alike
   * does nothing to attention: such a bias has no gradient but rounding, which AdamW makes large.
   */
  private void assertClose(String one, String two) {
    String trained = "training_state/weights.safetensors";
    SharedRuns.assertClose(
        checkpoint(one).resolve(trained),
        checkpoint(two).resolve(trained),
        name -> name.endsWith("k_proj.bias"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"full", "expert", "lora"})
  void twoEndWhereOneDoes(String extent) throws Exception {
    SharedRuns.Watcher one = alone(options("one", choices(extent)));
    SharedRuns.Watcher two = together(options("two", choices(extent)), SharedRuns.NEVER);
    assertThat(two.notes).isEqualTo(one.notes);
    SharedRuns.assertClose(one.steps, two.steps);
    assertClose("one", "two");
  }

  /** Rank 1 alone is asked to stop: both do, and go on with the same bits; so may one alone. */
  @Test
  void goesOnWithTheSameBits() throws Exception {
    Map<String, String> choices = choices("full");
    together(options("whole", choices), SharedRuns.NEVER);
    assertThat(together(options("parts", choices), 3).steps).hasSize(3);
    assertThat(together(options("parts", choices), SharedRuns.NEVER).steps).hasSize(3);
    SharedRuns.assertSameBits(checkpoint("whole"), checkpoint("parts"));
    together(options("less", choices), 3);
    assertThat(alone(options("less", choices)).steps).hasSize(3);
    assertClose("whole", "less");
  }

  private List<String> arguments(String to, int batch) {
    return List.of(
        "train",
        "--stage=base",
        "--preset=test",
        "--data=" + made.data(),
        "--base=" + made.base(),
        "--out=" + out.resolve(to),
        "--frames=" + out.resolve(to + "-frames"),
        "--steps=6",
        "--save-every=2",
        "--threads=1",
        "--base.peak=1.0e-3",
        "--base.batch=" + batch,
        "--json");
  }

  private List<Map<String, Double>> losses(String run) throws IOException {
    return SharedRuns.losses(out.resolve(run), "base");
  }

  @Test
  void theProgramDoesSo() throws Exception {
    Program one = Program.run(arguments("one", 4).toArray(String[]::new));
    assertThat(one.status()).as(one.err()).isZero();
    Program two = SharedRuns.launched(arguments("two", 4));
    assertThat(two.status()).as(two.err()).isZero();
    assertThat(losses("one")).hasSize(6);
    SharedRuns.assertClose(losses("one"), losses("two"));
    assertClose("one", "two");
    assertThat(new ObjectMapper().readTree(two.out()).get("done").asBoolean()).isTrue();
    assertThat(two.err()).doesNotContain("[rank 1] train:").contains("[rank 0] train:");
  }

  /** In time: each must end by itself when it has cleared up, and rank 0 must have saved. */
  @Test
  void whoIsToldToEndSavesFirst() throws Exception {
    List<String> arguments =
        new ArrayList<>(List.of("launch", "--processes=2", "--grace=" + GRACE, "--"));
    arguments.addAll(arguments("two", 4));
    arguments.replaceAll(a -> a.startsWith("--steps=") ? "--steps=100000" : a);
    arguments.replaceAll(a -> a.startsWith("--save-every=") ? "--save-every=100000" : a);
    Path err = out.resolve("err");
    Process launcher =
        new ProcessBuilder(Program.command(arguments.toArray(String[]::new)))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(err.toFile())
            .start();
    try {
      Path losses = out.resolve("two/losses.csv");
      while (!Files.exists(losses) || losses("two").size() < 2) {
        assertThat(launcher.isAlive()).as(Files.readString(err)).isTrue();
        TimeUnit.MILLISECONDS.sleep(50);
      }
      launcher.destroy();
      assertThat(launcher.waitFor(GRACE / 2, TimeUnit.SECONDS)).isTrue();
    } finally {
      launcher.destroyForcibly();
    }
    Path checkpoint = out.resolve("two/checkpoints/%06d".formatted(losses("two").size()));
    assertThat(checkpoint).as(Files.readString(err)).isDirectory();
  }

  @Test
  void aBatchThatCannotBeSharedEvenlyIsAnError() throws Exception {
    Program two = SharedRuns.launched(arguments("two", 3));
    assertThat(two.status()).isEqualTo(1);
    assertThat(two.err())
        .containsOnlyOnce("wanted a base.batch that 2 processes share evenly, got 3");
    assertThat(out.resolve("two/checkpoints")).doesNotExist();
  }
}
