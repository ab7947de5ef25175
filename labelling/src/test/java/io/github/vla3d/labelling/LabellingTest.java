package io.github.vla3d.labelling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.data.DataException;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.ReadOptions;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.labelling.truth.Truth;
import io.github.vla3d.labelling.truth.Truths;
import io.github.vla3d.perception.LabelledObject;
import io.github.vla3d.scene.config.Preset;
import io.github.vla3d.scene.config.SceneConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabellingTest {
  private static final int EPISODES = 4;

  @TempDir static Path shared;
  static Path data = Path.of("");
  static Path labels = Path.of("");

  @TempDir Path folder;

  static final LabelListener QUIET =
      new LabelListener() {
        @Override
        public void frames(int count) {}

        @Override
        public boolean stop() {
          return false;
        }
      };

  static LabelJob job(Path data, Path out) {
    return new LabelJob(
        data, new LabelFolder(out), "oracle", Map.of(), "mirror", Preset.of("default"));
  }

  static Labelling.Result run(LabelJob job, int threads, Integer... episodes) {
    return Labelling.run(
        job, Labelling.plan(job, List.of(episodes)), LabelEngine.of("local"), threads, QUIET);
  }

  @BeforeAll
  static void once() {
    data = FakeRecordings.write(shared.resolve("data"), EPISODES);
    labels = shared.resolve("labels");
    Labelling.Result result = run(job(data, labels), 1);
    assertThat(result.done()).isTrue();
    assertThat(result.frames()).isEqualTo((long) EPISODES * FakeRecordings.FRAMES);
    assertThat(result.skipped()).isEmpty();
  }

  @Test
  void storedLabelsSayWhatTheTeacherSaid() {
    try (Dataset recordings = Recordings.open(data, ReadOptions.ALL);
        OracleLabels oracle = new OracleLabels(Truths.open(data).orElseThrow());
        StoredLabels stored = new StoredLabels(new LabelFolder(labels))) {
      assertThat(stored.name()).isEqualTo("oracle");
      for (int frame = 0; frame < FakeRecordings.FRAMES; frame++) {
        Observation seen = recordings.episode(2).observation(frame);
        List<LabelledObject> said = oracle.label(2, frame, seen);
        List<LabelledObject> kept = stored.label(2, frame, seen);
        assertThat(kept).hasSameSizeAs(said).hasSize(2);
        for (int i = 0; i < 2; i++) {
          assertThat(kept.get(i).identity()).isEqualTo(said.get(i).identity());
          assertThat(kept.get(i).name()).isEqualTo(said.get(i).name());
          assertThat(kept.get(i).score()).isEqualTo(said.get(i).score());
          assertThat(kept.get(i).masks()).isEqualTo(said.get(i).masks());
          assertThat(kept.get(i).masks().keySet()).containsExactly("side", "top");
        }
        // Only the tops of the blocks are seen.
        Vector3 centroid = kept.get(1).place().orElseThrow().centroid();
        assertThat(centroid.x()).isCloseTo(0.07 + 0.003 * frame, within(0.01));
        assertThat(centroid.y()).isCloseTo(0.05 - 0.002 * frame, within(0.01));
        assertThat(centroid.z()).isCloseTo(0.05, within(0.002));
      }
    }
  }

  @Test
  void hiddenPartsHaveFivePointsOrNone() {
    try (StoredLabels stored = new StoredLabels(new LabelFolder(labels))) {
      for (int frame = 0; frame < FakeRecordings.FRAMES; frame++) {
        for (Label label : stored.frame(0, frame).labels()) {
          assertThat(label.unobserved()).isPresent();
          assertThat(label.completion().length).isIn(0, 15);
          assertThat(label.completion().length == 15)
              .isEqualTo(label.unobserved().getAsDouble() > 0.1);
        }
        assertThat(stored.frame(0, frame).input()).hasSize(64);
      }
      assertThat(stored.frame(0, 3).input()).isNotEqualTo(stored.frame(0, 4).input());
    }
  }

  @Test
  void bytesDoNotDependOnThreadsNorOnTheOrder() throws IOException {
    Path other = folder.resolve("labels");
    run(job(data, other), 1, 2);
    assertThat(new LabelFolder(other).episodes()).containsExactly(2);
    run(job(data, other), 1, 0);
    Labelling.Result last = run(job(data, other), 3);
    assertThat(last.frames()).isEqualTo(2L * FakeRecordings.FRAMES);
    assertThat(FakeRecordings.bytes(other)).isEqualTo(FakeRecordings.bytes(labels));
    assertThat(run(job(data, other), 3).frames()).isZero();
  }

  @Test
  void stoppingGivesUpWhatWasBegun() throws IOException {
    Path other = folder.resolve("labels");
    AtomicInteger frames = new AtomicInteger();
    LabelListener stopper =
        new LabelListener() {
          @Override
          public void frames(int count) {
            frames.addAndGet(count);
          }

          @Override
          public boolean stop() {
            return frames.get() > FakeRecordings.FRAMES + 3;
          }
        };
    LabelJob job = job(data, other);
    Labelling.Result result =
        Labelling.run(job, Labelling.plan(job, List.of()), LabelEngine.of("local"), 1, stopper);
    assertThat(result.done()).isFalse();
    assertThat(new LabelFolder(other).episodes()).containsExactly(0);
    try (var list = Files.list(other)) {
      assertThat(list.map(p -> p.getFileName().toString()))
          .containsExactlyInAnyOrder("labels.json", "episode_000000");
    }
    run(job, 2);
    assertThat(FakeRecordings.bytes(other)).isEqualTo(FakeRecordings.bytes(labels));
  }

  @Test
  void labelsOfAnotherOriginAreNotMixed() {
    Path other = folder.resolve("labels");
    run(job(data, other), 1, 0);
    LabelJob changed =
        new LabelJob(
            data,
            new LabelFolder(other),
            "oracle",
            Map.of(),
            "mirror",
            Preset.of("default").with("labels.centroid", "boxCenter"));
    assertThatThrownBy(() -> run(changed, 1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("labels.json, lifting")
        .hasMessageContaining("boxCenter")
        .hasMessageContaining("--out");
  }

  @Test
  void theMiddleOfTheBoxIsAKey() {
    Path other = folder.resolve("labels");
    LabelJob paper =
        new LabelJob(
            data,
            new LabelFolder(other),
            "oracle",
            Map.of(),
            "mirror",
            Preset.of("default").with("labels.centroid", "boxCenter"));
    run(paper, 1, 0);
    try (StoredLabels stored = new StoredLabels(new LabelFolder(other));
        StoredLabels median = new StoredLabels(new LabelFolder(labels))) {
      Vector3 box = stored.frame(0, 0).labels().get(0).object().place().orElseThrow().centroid();
      Vector3 usual = median.frame(0, 0).labels().get(0).object().place().orElseThrow().centroid();
      assertThat(box).isNotEqualTo(usual);
      assertThat(box.distance(usual)).isLessThan(0.01);
    }
  }

  @Test
  void framesThatCannotBeReadAreSkippedAndNamed() throws IOException {
    Path damaged = folder.resolve("data");
    FakeRecordings.write(damaged, 2);
    DamagedDepth.blacken(damaged, 0, 3);
    Path other = folder.resolve("labels");
    Labelling.Result result = run(job(damaged, other), 2);
    assertThat(result.done()).isTrue();
    assertThat(result.skipped()).containsOnlyKeys(0);
    Map<Integer, String> frames = result.skipped().getOrDefault(0, Map.of());
    assertThat(frames).containsOnlyKeys(3);
    assertThat(frames.get(3)).contains("observation.depth.").contains("none in any pixel");
    try (StoredLabels stored = new StoredLabels(new LabelFolder(other))) {
      assertThat(stored.frame(0, 3).labels()).isEmpty();
      assertThat(stored.frame(0, 3).skipped()).isNotEmpty();
      assertThat(stored.frame(0, 4).labels()).hasSize(2);
      assertThat(stored.frame(1, 3).labels()).hasSize(2);
    }
  }

  @Test
  void storedLabelsAreScored() {
    try (Truth truth = Truths.open(data).orElseThrow()) {
      Scores scores = Labelling.score(data, new LabelFolder(labels), truth, List.of(), () -> {});
      assertThat(scores.frames()).isEqualTo(EPISODES * 3);
      assertThat(scores.all().recall75()).isEqualTo(1);
      assertThat(scores.all().idf1()).isEqualTo(1);
      assertThat(scores.all().centroidMedian()).isCloseTo(0.025, within(0.006));
      assertThat(scores.framesPerSecond()).isPresent();
    }
  }

  @Test
  void whatIsMissingIsSaid() {
    assertThatThrownBy(() -> new StoredLabels(new LabelFolder(folder)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("vla3d label");
    assertThatThrownBy(() -> run(job(data, folder.resolve("x")), 1, EPISODES))
        .hasMessage("--episodes: wanted 0 to 3, got 4");
    assertThatThrownBy(() -> LabelEngine.of("spark")).hasMessageContaining("-Pspark");
    assertThatThrownBy(() -> LabelEngine.of("flink")).hasMessageContaining("[local]");
    assertThatThrownBy(() -> Teachers.of("human", data, Map.of()))
        .hasMessageContaining("[depth, onnx, oracle]");
    assertThatThrownBy(() -> Teachers.of("oracle", data, Map.of("a", "b")))
        .hasMessageContaining("no options");
    assertThatThrownBy(() -> Teachers.of("onnx", data, Map.of()))
        .hasMessageContaining("detector")
        .hasMessageContaining("tokenizer");
    SceneConfig.Completion completion = Preset.of("default").scene().completion();
    assertThatThrownBy(() -> CompletionNames.check("pointattn", completion))
        .hasMessageContaining("--scene.completion.weights=FILE");
    assertThatThrownBy(() -> CompletionNames.check("magic", completion))
        .hasMessageContaining("[mirror, pointattn]");
    assertThatThrownBy(() -> TrainingLabels.of(folder, null)).hasMessageContaining("vla3d label");
    assertThatThrownBy(() -> TrainingLabels.of(data, folder)).hasMessageContaining("labels");
    assertThat(TrainingLabels.of(data, null).name()).isEqualTo("oracle");
    try (StoredLabels stored = new StoredLabels(new LabelFolder(labels))) {
      assertThatThrownBy(() -> stored.frame(0, FakeRecordings.FRAMES))
          .hasMessageContaining("was the data set changed?");
      assertThatThrownBy(() -> stored.frame(EPISODES, 0)).hasMessageContaining("episode 4");
    }
  }

  @Test
  void twoRunsDoNotWriteIntoOneFolder() {
    Path other = folder.resolve("labels");
    LabelListener second =
        new LabelListener() {
          @Override
          public void frames(int count) {
            assertThatThrownBy(() -> run(job(data, other), 1))
                .hasMessageContaining("being written");
          }

          @Override
          public boolean stop() {
            return false;
          }
        };
    LabelJob job = job(data, other);
    assertThat(
            Labelling.run(job, Labelling.plan(job, List.of(0)), LabelEngine.of("local"), 1, second)
                .done())
        .isTrue();
  }
}
