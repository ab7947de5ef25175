package io.github.vla3d.datasets.lerobot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.vla3d.data.DataException;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.DatasetContract;
import io.github.vla3d.data.Episode;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.ReadOptions;
import io.github.vla3d.data.View;
import io.github.vla3d.data.ViewTransforms;
import io.github.vla3d.datasets.Datasets;
import io.github.vla3d.datasets.Shared;
import io.github.vla3d.datasets.Tiny;
import io.github.vla3d.geometry.Camera;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LeRobotWriterTest {
  private static final double HALF_MILLIMETRE = 0.0005 + 1e-6;

  /** Calibrated episodes of every layout: upright, mirrored, upside down, with two arms. */
  @ParameterizedTest
  @CsvSource({
    "lerobot_v21, false",
    "lerobot_v21, true",
    "libero, false",
    "robotwin/legacy, false",
    "robotwin/v1, false",
    "scenes, false",
    "folder, false"
  })
  void whatIsWrittenIsReadBack(String fixture, boolean video, @TempDir Path folder) {
    Path target = folder.resolve("out");
    try (Dataset source = Datasets.open(Tiny.of(fixture));
        LeRobotWriter writer =
            new LeRobotWriter(target, new LeRobotWriter.Options(20, "panda", video))) {
      writer.add(source.episode(0));
      assertThat(target).doesNotExist();
      writer.finish();
      try (Dataset written = Datasets.open(target)) {
        DatasetContract.check(written);
        same(source.episode(0), written.episode(0), video ? 6 : 0);
      }
    }
  }

  private static void same(Episode source, Episode written, double levels) {
    assertThat(written.frames()).isEqualTo(source.frames());
    assertThat(written.task()).isEqualTo(source.task());
    assertThat(written.states()).isEqualTo(source.states());
    assertThat(written.actions()).isEqualTo(source.actions());
    for (int f = 0; f < source.frames(); f++) {
      Observation a = source.observation(f);
      Observation b = written.observation(f);
      assertThat(b.worldFromEffectors()).hasSameSizeAs(a.worldFromEffectors());
      for (int e = 0; e < a.worldFromEffectors().size(); e++) {
        assertThat(a.worldFromEffectors().get(e).near(b.worldFromEffectors().get(e), 1e-6, 1e-3))
            .isTrue();
      }
      for (int v = 0; v < a.views().size(); v++) {
        same(ViewTransforms.upright(a.views().get(v)), b.views().get(v), levels);
      }
    }
  }

  /**
   * @param levels mean difference of colours that is forgiven
   */
  private static void same(View a, View b, double levels) {
    assertThat(b.name()).isEqualTo(a.name());
    int width = a.rgb().width();
    int height = a.rgb().height();
    double difference = 0;
    for (int i = 0; i < width * height; i++) {
      for (int c = 0; c < 3; c++) {
        difference +=
            Math.abs(b.rgb().at(i % width, i / width, c) - a.rgb().at(i % width, i / width, c));
      }
      assertThat(b.depth().orElseThrow().at(i % width, i / width))
          .isCloseTo(
              a.depth().orElseThrow().at(i % width, i / width), within((float) HALF_MILLIMETRE));
    }
    assertThat(difference / (3 * width * height)).isLessThanOrEqualTo(levels);
    near(a.camera().orElseThrow(), b.camera().orElseThrow());
    near(a.depthCamera().orElseThrow(), b.depthCamera().orElseThrow());
  }

  private static void near(Camera a, Camera b) {
    assertThat(b.intrinsics().matrix()).containsExactly(a.intrinsics().matrix(), within(1e-4));
    assertThat(b.worldFromCamera().toRowMajor())
        .containsExactly(a.worldFromCamera().toRowMajor(), within(1e-6));
  }

  @Test
  void nothingIsLeftOfAnUnfinishedOne(@TempDir Path folder) throws IOException {
    try (Dataset source = Datasets.open(Tiny.of("lerobot_v21"));
        Dataset other = Datasets.open(Tiny.of("folder"));
        LeRobotWriter writer =
            new LeRobotWriter(
                folder.resolve("out"), new LeRobotWriter.Options(20, "panda", true))) {
      writer.add(source.episode(0));
      assertThatExceptionOfType(DataException.class)
          .isThrownBy(() -> writer.add(other.episode(0)))
          .withMessageContaining("front");
    }
    try (var files = Files.list(folder)) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void whatExistsIsNotTouched(@TempDir Path folder) {
    assertThatExceptionOfType(DataException.class)
        .isThrownBy(
            () -> new LeRobotWriter(folder, new LeRobotWriter.Options(20, "panda", true)).close())
        .withMessageContaining("wanted a new folder");
  }

  /** Computed by LeRobot 0.4.4, see {@code tools/reference/lerobot_roundtrip.py}. */
  @Test
  void statisticsOfRecordingsAreThoseOfLeRobot() throws IOException {
    Path reference = Path.of(uri("/reference/lerobot_stats.json"));
    statisticsAre(reference, Shared.libero("lerobot_v3"), 0);
  }

  /**
   * When LeRobot writes, the edges of its bins are rounded to single precision, and a number just
   * on an edge may fall into the next of the 5000 bins.
   */
  @Test
  void statisticsAreThoseThatLeRobotWrote() throws IOException {
    Path root = Tiny.of("lerobot_v3");
    statisticsAre(root.resolve("meta/stats.json"), root, 1);
  }

  private static void statisticsAre(Path reference, Path root, int bins) throws IOException {
    JsonMapper mapper = new JsonMapper();
    JsonNode theirs = mapper.readTree(Files.readString(reference));
    try (LeRobotDataset dataset = LeRobotDataset.open(root, ReadOptions.ALL)) {
      JsonNode ours = mapper.readTree(LeRobotStats.toJson(dataset));
      for (String key : dataset.numericFeatures().keySet()) {
        assertThat(theirs.has(key)).as(key).isTrue();
        for (String name : FeatureStatistics.NAMES) {
          JsonNode a = theirs.get(key).get(name);
          JsonNode b = ours.get(key).get(name);
          assertThat(b.size()).isEqualTo(a.size());
          for (int i = 0; i < a.size(); i++) {
            JsonNode whole = theirs.get(key);
            double bin =
                bins * (number(whole.get("max").get(i)) - number(whole.get("min").get(i))) / 5000;
            double wanted = number(a.get(i));
            assertThat(b.get(i).asDouble())
                .as("%s %s %d", key, name, i)
                .isCloseTo(wanted, within(name.startsWith("q") ? 1e-6 + bin : 1e-6));
          }
        }
      }
    }
  }

  private static double number(JsonNode node) {
    return node.isBoolean() ? (node.asBoolean() ? 1 : 0) : node.asDouble();
  }

  private static URI uri(String resource) {
    return URI.create(LeRobotWriterTest.class.getResource(resource).toString());
  }
}
