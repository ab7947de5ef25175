package io.github.vla3d.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.agent.Agent;
import io.github.vla3d.agent.AgentOptions;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.datasets.Datasets;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.io.Safetensors;
import io.github.vla3d.training.BaseOptions;
import io.github.vla3d.training.BaseTrainer;
import io.github.vla3d.training.TrainingListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Training without the plug-in, on recordings of the embedded benchmark. */
class BaseTrainerTest {
  private static final String VLM = "model.paligemma_with_expert.paligemma.";

  @TempDir static Path shared;
  @TempDir Path out;

  private static TinyRecording made = new TinyRecording(Path.of("."), Path.of("."));

  @BeforeAll
  static void record() {
    made = TinyRecording.in(shared);
  }

  private BaseOptions options(Path to, Map<String, String> choices, long saveEvery) {
    return made.training(shared.resolve("frames"), to, choices, saveEvery);
  }

  /** Notes losses; stops after so many steps. */
  private static final class Watcher implements TrainingListener {
    final List<Map<String, Double>> steps = new ArrayList<>();
    private final int last;

    Watcher(int last) {
      this.last = last;
    }

    @Override
    public void step(String stage, long step, Map<String, Double> values) {
      assertThat(stage).isEqualTo("base");
      steps.add(values);
    }

    @Override
    public void note(String text) {}

    @Override
    public boolean stop() {
      return steps.size() >= last;
    }

    double mean(int from, int to, String name) {
      return steps.subList(from, to).stream()
          .mapToDouble(values -> values.getOrDefault(name, Double.NaN))
          .average()
          .orElseThrow();
    }
  }

  private static Map<String, byte[]> tensors(Path file) {
    return Scope.call(
        scope -> {
          Map<String, byte[]> all = new HashMap<>();
          try (Safetensors weights = Safetensors.open(file)) {
            weights.specs().keySet().forEach(name -> all.put(name, bytes(weights.get(name))));
          }
          return all;
        });
  }

  private static byte[] bytes(Tensor tensor) {
    return tensor.toBytes();
  }

  private static Path model(Path run) {
    return run.resolve("checkpoints/last/pretrained_model/model.safetensors");
  }

  @Test
  void lossesFall() throws IOException {
    Watcher watcher = new Watcher(1000);
    boolean done =
        new BaseTrainer(
                options(
                    out,
                    Map.of(
                        "base.steps", "60",
                        "base.batch", "4",
                        "base.draws", "4",
                        "base.peak", "3.0e-3",
                        "base.grounding", "1.0",
                        "base.average", "0.9"),
                    1000),
                watcher)
            .run();
    assertThat(done).isTrue();
    for (String loss : List.of("action", "grounding")) {
      assertThat(watcher.mean(50, 60, loss)).as(loss).isLessThan(0.8 * watcher.mean(0, 5, loss));
    }
    try (Agent agent =
            Agent.load(Objects.requireNonNull(model(out).getParent()), AgentOptions.DEFAULTS);
        Dataset dataset = Datasets.open(made.data())) {
      assertThat(agent.act(dataset.episode(0).observation(5), 1).action(0)).hasSize(7);
    }
  }

  @Test
  void expertAloneLeavesTheLanguageModelAsItWas() throws IOException {
    new BaseTrainer(options(out, Map.of("base.extent", "expert"), 6), new Watcher(1000)).run();
    Map<String, byte[]> before = tensors(made.base().resolve("model.safetensors"));
    Map<String, byte[]> after = tensors(model(out));
    assertThat(after.keySet()).isEqualTo(before.keySet());
    int changed = 0;
    for (String name : before.keySet()) {
      if (name.startsWith(VLM)) {
        assertThat(after.get(name)).as(name).isEqualTo(before.get(name));
      } else {
        changed += java.util.Arrays.equals(after.get(name), before.get(name)) ? 0 : 1;
      }
    }
    assertThat(changed).isGreaterThan(10);
  }

  @Test
  void lowRankMapsAreMergedIntoTheModel() throws IOException {
    new BaseTrainer(
            options(out, Map.of("base.extent", "lora", "base.rank", "2"), 6), new Watcher(99))
        .run();
    Map<String, byte[]> before = tensors(made.base().resolve("model.safetensors"));
    Map<String, byte[]> after = tensors(model(out));
    assertThat(after.keySet()).isEqualTo(before.keySet());
    for (String name : before.keySet()) {
      boolean same = java.util.Arrays.equals(after.get(name), before.get(name));
      if (name.contains("vision_tower") || name.contains("multi_modal") || name.contains("norm")) {
        assertThat(same).as(name).isTrue();
      }
      // Of the language model's last layer only keys and values are read.
      if (name.contains("language_model.layers.0.self_attn.q_proj")
          || name.contains("gemma_expert.model.layers.1.mlp.up_proj")) {
        assertThat(same).as(name).isFalse();
      }
    }
  }

  private static List<Path> features() throws IOException {
    Path features = shared.resolve("frames/features");
    if (!Files.exists(features)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(features)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"full", "expert", "lora"})
  void goesOnWithTheSameBits(String extent) throws IOException {
    // Of the expert alone, what the frozen model makes of a frame is kept if pictures stay.
    boolean kept = extent.equals("expert");
    Map<String, String> choices =
        Map.of(
            "base.extent", extent,
            "base.accumulate", "2",
            "base.draws", "2",
            "base.average", "0.9",
            "base.grounding", "0.5",
            "base.shift", kept ? "0" : "2",
            "base.brightness", kept ? "0" : "0.1");
    for (Path file : features()) {
      Files.delete(file);
    }
    Path whole = out.resolve("whole");
    new BaseTrainer(options(whole, choices, 100), new Watcher(100)).run();
    Path parts = out.resolve("parts");
    assertThat(new BaseTrainer(options(parts, choices, 2), new Watcher(3)).run()).isFalse();
    assertThat(new BaseTrainer(options(parts, choices, 2), new Watcher(100)).run()).isTrue();
    assertThat(features()).hasSize(kept ? 1 : 0);
    Path a = whole.resolve("checkpoints/000006");
    Path b = parts.resolve("checkpoints/000006");
    try (Stream<Path> files = Files.walk(a)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".safetensors")).toList()) {
        assertThat(b.resolve(a.relativize(file)))
            .as(a.relativize(file).toString())
            .hasSameBinaryContentAs(file);
      }
    }
  }

  @Test
  void aLossThatIsNotFiniteStopsTheTraining() {
    assertThatThrownBy(
            () ->
                new BaseTrainer(
                        options(
                            out,
                            Map.of(
                                "base.peak", "1.0e30", "base.clip", "1.0e30", "base.warmup", "0"),
                            100),
                        new Watcher(100))
                    .run())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("of stage base, samples")
        .hasMessageContaining("0/0/");
    assertThat(out.resolve("failed")).isDirectoryContaining("glob:**/00000*");
  }
}
