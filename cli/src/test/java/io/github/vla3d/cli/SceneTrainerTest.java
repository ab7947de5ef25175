package io.github.vla3d.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.vla3d.agent.AgentOptions;
import io.github.vla3d.agent.PluginFolder;
import io.github.vla3d.agent.Stage;
import io.github.vla3d.scene.config.Preset;
import io.github.vla3d.training.SceneTrainer;
import io.github.vla3d.training.TrainingListener;
import io.github.vla3d.training.TrainingOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Both stages on a recording of the embedded benchmark, with all that is drawn for a sample. */
class SceneTrainerTest {
  private static final int STEPS = 3;

  @TempDir static Path shared;
  @TempDir Path out;

  private static Path data = Path.of(".");
  private static Path base = Path.of(".");

  @BeforeAll
  static void record() {
    TinyRecording made = TinyRecording.in(shared);
    data = made.data();
    base = made.base();
  }

  /** Counts steps of both stages; stops after so many. */
  private static final class Watcher implements TrainingListener {
    final Set<String> losses = new TreeSet<>();
    final List<Map<String, Double>> values = new ArrayList<>();
    private final int last;
    private int steps;

    Watcher(int last) {
      this.last = last;
    }

    @Override
    public void step(String stage, long step, Map<String, Double> values) {
      losses.addAll(values.keySet());
      this.values.add(Map.copyOf(values));
      steps++;
    }

    @Override
    public void note(String text) {}

    @Override
    public boolean stop() {
      return steps >= last;
    }
  }

  private static TrainingOptions options(Path to, Map<String, String> choices) {
    return options(to, to.resolve("frames"), choices);
  }

  private static TrainingOptions options(Path to, Path frames, Map<String, String> choices) {
    return options(data, to, frames, choices);
  }

  private static TrainingOptions options(
      Path data, Path to, Path frames, Map<String, String> choices) {
    Map<String, String> all = new HashMap<>();
    all.put("training.batch", "2");
    all.put("training.steps", String.valueOf(STEPS));
    all.put("training.warmup", "1");
    all.putAll(choices);
    return new TrainingOptions(
        data,
        List.of(),
        base,
        to,
        frames,
        Preset.of("test").with(all),
        List.of(Stage.INSTANCES, Stage.COMPLETION),
        AgentOptions.DEFAULTS,
        3,
        2);
  }

  private static final Map<String, String> DRAWN =
      Map.of(
          "augment.frame", "true",
          "augment.depthDropout", "0.3",
          "augment.depthNoise", "0.01",
          "augment.extrinsicTurn", "0.02",
          "augment.extrinsicShift", "0.02",
          "augment.cameraTurn", "0.2",
          "augment.cameraZoom", "0.1");

  private static final Map<String, String> EXTENDED =
      Map.of(
          "scene.ssl.mask", "pixels",
          "scene.ssl.teacher", "branch",
          "scene.completion.source", "head",
          "scene.tokens.contentNoise", "0.1");

  /** So many draws of so few frames that the frames are kept. */
  private Path kept() throws IOException {
    Path frames = shared.resolve("frames");
    if (Files.notExists(frames)) {
      Map<String, String> many = Map.of("training.batch", "64");
      new SceneTrainer(options(out.resolve("many"), frames, many), new Watcher(1)).run();
      assertThat(frames).isNotEmptyDirectory();
    }
    return frames;
  }

  /**
   * Stopped in the first stage and in the second, each time in a step without a checkpoint. What
   * never stops reads each frame from the recording, what stops has them kept.
   */
  @Test
  void goesOnWithTheSameBits() throws IOException {
    goesOn(true);
  }

  /** The same without the extensions, and what is drawn makes a difference. */
  @Test
  @Tag("long")
  void goesOnWithTheSameBitsWithoutExtensions() throws IOException {
    goesOn(false);
  }

  /** Nobody can foresee a push, so what comes behind one has no part in the loss of the actions. */
  @Test
  void actionsBehindPushesDoNotCount() throws IOException {
    Path pushed = out.resolve("pushed");
    copy(data, pushed);
    setAll(pushed.resolve("privileged/episode_000000.npz"), "pushed.npy");
    Map<String, Double> without = firstStep(data, "a");
    Map<String, Double> with = firstStep(pushed, "b");
    assertThat(with.get("action")).isNotEqualTo(without.get("action"));
    assertThat(with.get("instance")).isEqualTo(without.get("instance"));
  }

  private Map<String, Double> firstStep(Path recording, String name) throws IOException {
    Watcher watcher = new Watcher(1);
    Path to = out.resolve(name);
    new SceneTrainer(options(recording, to, to.resolve("frames"), Map.of()), watcher).run();
    return watcher.values.get(0);
  }

  /** Sets the flags of one array of an archive. */
  private static void setAll(Path archive, String name) throws IOException {
    ByteArrayOutputStream changed = new ByteArrayOutputStream();
    try (ZipInputStream in = new ZipInputStream(Files.newInputStream(archive));
        ZipOutputStream out = new ZipOutputStream(changed)) {
      for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        byte[] bytes = in.readAllBytes();
        if (entry.getName().equals(name)) {
          int header = 10 + (bytes[8] & 0xff) + 256 * (bytes[9] & 0xff);
          Arrays.fill(bytes, header, bytes.length, (byte) 1);
        }
        out.putNextEntry(new ZipEntry(entry.getName()));
        out.write(bytes);
      }
    }
    Files.write(archive, changed.toByteArray());
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }

  private void goesOn(boolean extended) throws IOException {
    Map<String, String> choices = new HashMap<>(DRAWN);
    if (extended) {
      choices.putAll(EXTENDED);
    }
    Path whole = out.resolve("whole");
    Watcher all = new Watcher(100);
    assertThat(new SceneTrainer(options(whole, choices), all).run()).isTrue();
    assertThat(all.losses).contains("action", "instance", "ssl");
    assertThat(all.losses.contains("head")).isEqualTo(extended);
    assertThat(whole.resolve("frames")).doesNotExist();
    TrainingOptions parts = options(out.resolve("parts"), kept(), choices);
    assertThat(new SceneTrainer(parts, new Watcher(1)).run()).isFalse();
    assertThat(new SceneTrainer(parts, new Watcher(STEPS)).run()).isFalse();
    assertThat(new SceneTrainer(parts, new Watcher(100)).run()).isTrue();
    Path a = whole.resolve("checkpoints/00000" + 2 * STEPS);
    Path b = parts.out().resolve("checkpoints/00000" + 2 * STEPS);
    Set<String> compared = new TreeSet<>();
    try (Stream<Path> files = Files.walk(a)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".safetensors")).toList()) {
        String name = a.relativize(file).toString();
        assertThat(b.resolve(name)).as(name).hasSameBinaryContentAs(file);
        compared.add(file.getFileName().toString());
      }
    }
    assertThat(compared).contains("model.safetensors", "expert.safetensors");
    assertThat(compared.contains("teacher.safetensors")).isEqualTo(extended);
    if (!extended) {
      // What is drawn matters: without it the same steps end elsewhere.
      Path plain = out.resolve("plain");
      new SceneTrainer(options(plain, Map.of()), new Watcher(100)).run();
      String model = "pretrained_model/" + PluginFolder.MODEL;
      assertThat(Files.mismatch(a.resolve(model), plain.resolve("checkpoints/000006/" + model)))
          .isNotEqualTo(-1);
    }
  }
}
