package io.github.vla3d.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.data.DataException;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.DatasetContract;
import io.github.vla3d.data.Episode;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.ReadOptions;
import io.github.vla3d.data.View;
import io.github.vla3d.datasets.io.Pictures;
import io.github.vla3d.datasets.lerobot.LeRobotDataset;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.Pixel;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.torch.io.NpyArray;
import io.github.vla3d.torch.io.Npz;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every reader against the contract and against what is known of its fixture. */
class ReadersTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "libero",
        "lerobot_v21",
        "lerobot_v3",
        "lerobot_coded",
        "scenes",
        "folder",
        "robotwin/legacy",
        "robotwin/v1"
      })
  void keepsTheContract(String fixture) {
    try (Dataset dataset = Datasets.open(Tiny.of(fixture))) {
      DatasetContract.check(dataset);
    }
  }

  @ParameterizedTest
  @CsvSource({"libero, agentview, 1", "lerobot_v21, agentview, -1", "scenes, agentview_base, 1"})
  void theCameraSaysHowThePictureLies(String fixture, String name, int mirrored) {
    try (Dataset dataset = Datasets.open(Tiny.of(fixture))) {
      View view = dataset.episode(0).observation(0).view(name).orElseThrow();
      var k = view.camera().orElseThrow().intrinsics();
      assertThat(Math.signum(k.fx())).isEqualTo(mirrored);
      assertThat(Math.signum(k.fy())).isEqualTo(fixture.equals("libero") ? -1 : 1);
      assertThat(view.depthCamera().equals(view.camera())).isEqualTo(!fixture.equals("libero"));
    }
  }

  @Test
  void theReleasedLiberoLayoutHasColourOnly() {
    try (Dataset dataset = Datasets.open(Tiny.of("libero"))) {
      Episode episode = dataset.episode(1);
      assertThat(episode.task()).isEqualTo("put the bowl on the plate");
      View view = episode.observation(1).views().get(0);
      assertThat(view.depth()).isEmpty();
      assertThat(view.camera()).isEmpty();
      assertThat(episode.states().columns()).isEqualTo(8);
      assertThat(episode.actions().columns()).isEqualTo(7);
    }
  }

  @Test
  void whatLeRobotWroteIsRead() {
    try (Dataset dataset = Datasets.open(Tiny.of("lerobot_v3"))) {
      assertThat(dataset.size()).isEqualTo(2);
      Episode episode = dataset.episode(1);
      assertThat(episode.frames()).isEqualTo(7);
      assertThat(episode.task()).isEqualTo("task 1");
      for (int f = 0; f < 7; f++) {
        Observation observation = episode.observation(f);
        int level = 40 + 20 * f;
        // H.264 keeps a plain grey to a few levels, PNG exactly.
        assertThat(observation.view("front").orElseThrow().rgb().at(20, 10, 0))
            .isCloseTo(level, within(4));
        assertThat(observation.view("wrist").orElseThrow().rgb().at(20, 10, 2)).isEqualTo(level);
        assertThat(episode.actions().at(f, 2)).isEqualTo(2 - f);
        Vector3 eye =
            observation
                .view("front")
                .orElseThrow()
                .camera()
                .orElseThrow()
                .worldFromCamera()
                .translation();
        assertThat(eye).isEqualTo(new Vector3(f, 1, 1));
      }
    }
  }

  /** Copied from the recordings and decoded by PyAV, see {@code tools/reference/tiny.py}. */
  @Test
  void theCodedDepthIsWhatItsCodesStandFor() {
    NpyArray reference =
        Objects.requireNonNull(Npz.read(Tiny.of("lerobot_coded.npz")).get("metres"));
    float[] wanted = reference.toFloats();
    ReadOptions coded = new ReadOptions(Set.of(), true, List.of("observation.images.wrist_depth"));
    try (Dataset byCode = Datasets.open(Tiny.of("lerobot_coded"), coded);
        Dataset lossless = Datasets.open(Tiny.of("lerobot_coded"))) {
      assertThat(byCode.episode(0).viewNames()).containsExactly("wrist");
      List<Double> millimetres = new ArrayList<>();
      for (int f = 0; f < 4; f++) {
        DepthImage got = depth(byCode, f);
        DepthImage exact = depth(lossless, f);
        for (int i = 0; i < 64 * 64; i++) {
          int column = 4 * (i % 64);
          int row = 4 * (i / 64);
          assertThat(got.at(column, row)).isCloseTo(wanted[4096 * f + i], within(1e-6f));
          millimetres.add(1e3 * Math.abs(got.at(column, row) - exact.at(column, row)));
        }
      }
      millimetres.sort(null);
      // Half a step of the code is 0.6 mm here; 0.6 is also what its makers measured.
      assertThat(millimetres.get(millimetres.size() / 2)).isBetween(0.05, 1.2);
    }
  }

  private static DepthImage depth(Dataset dataset, int frame) {
    return dataset.episode(0).observation(frame).views().get(0).depth().orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(strings = {"legacy", "v1"})
  void roboTwinPointsLieOnTheTableAndTheBox(String layout) {
    try (Dataset dataset = Datasets.open(Tiny.of("robotwin/" + layout))) {
      Episode episode = dataset.episode(0);
      assertThat(episode.frames()).isEqualTo(3);
      assertThat(episode.task()).isEqualTo("lift the blue box");
      assertThat(episode.framesPerSecond()).isCloseTo(16.667, within(0.001));
      assertThat(episode.actions().at(0, 3)).isEqualTo(episode.states().at(1, 3));
      for (int f = 0; f < 3; f++) {
        Observation observation = episode.observation(f);
        assertThat(observation.worldFromEffectors()).hasSize(2);
        assertThat(observation.worldFromEffectors().get(1).translation().x())
            .isCloseTo(0.2, within(1e-6));
        assertThat(observation.worldFromEffectors().get(0).angle())
            .isCloseTo(0.2 * f, within(1e-6));
        for (View view : observation.views()) {
          onTheScene(view);
        }
      }
    }
  }

  private static void onTheScene(View view) {
    int red = 0;
    int blue = 0;
    for (int i = 0; i < 24 * 32; i++) {
      float z = view.depth().orElseThrow().at(i % 32, i / 32);
      if (z == 0) {
        continue;
      }
      Vector3 p = view.camera().orElseThrow().unproject(Pixel.centre(i % 32, i / 32), z);
      double table = Math.abs(p.z() - 0.74);
      double box =
          Math.max(
              Math.max(Math.abs(p.x() + 0.02) - 0.08, Math.abs(p.y()) - 0.08),
              Math.abs(p.z() - 0.80) - 0.06);
      assertThat(Math.min(table, Math.abs(box))).isLessThan(1e-5);
      red += view.rgb().at(i % 32, i / 32, 0) > 150 ? 1 : 0;
      blue += view.rgb().at(i % 32, i / 32, 2) > 150 ? 1 : 0;
    }
    assertThat(red).as("pixels of the red table").isGreaterThan(blue);
    assertThat(blue).as("pixels of the blue box").isPositive();
  }

  @Test
  void aFolderIsAsItsJsonSays() {
    try (Dataset folder = Datasets.open(Tiny.of("folder"))) {
      View view = folder.episode(0).observation(1).views().get(0);
      // Centres at integers in the file, at halves here: the window of a centred principal point.
      assertThat(view.camera().orElseThrow().intrinsics().cx()).isCloseTo(32, within(1e-9));
      assertThat(view.depth().orElseThrow().at(24, 24)).isBetween(0.5f, 3f);
    }
  }

  @Test
  void aLensIsTakenOut(@TempDir Path folder) throws IOException {
    Path copy = copy(Tiny.of("folder"), folder.resolve("a"));
    Path json = copy.resolve("episode.json");
    String text = Files.readString(json);
    Files.writeString(
        json, text.replace("\"depth_unit\"", "\"distortion\": [0.4, 0, 0, 0, 0], \"depth_unit\""));
    try (Dataset plain = Datasets.open(Tiny.of("folder"));
        Dataset bent = Datasets.open(copy)) {
      View a = plain.episode(0).observation(0).views().get(0);
      View b = bent.episode(0).observation(0).views().get(0);
      var k = a.camera().orElseThrow().intrinsics();
      assertThat(b.camera()).isEqualTo(a.camera());
      Vector3 ray = k.ray(Pixel.centre(5, 7));
      double stretch = 1 + 0.4 * (ray.x() * ray.x() + ray.y() * ray.y());
      Pixel from = k.pixel(stretch * ray.x(), stretch * ray.y());
      assertThat(b.depth().orElseThrow().at(5, 7)).isEqualTo(a.depth().orElseThrow().at(from));
    }
    Files.writeString(json, text.replace("\"depth_unit\"", "\"distortion\": [1], \"depth_unit\""));
    assertThatExceptionOfType(DataException.class)
        .isThrownBy(() -> readAll(copy))
        .withMessageContaining("k1 k2 p1 p2 k3");
  }

  @Test
  void theLieOfAFileIsNamed(@TempDir Path folder) throws IOException {
    Path copy = copy(Tiny.of("lerobot_v3"), folder.resolve("a"));
    Path info = copy.resolve("meta/info.json");
    String text = Files.readString(info);
    Files.writeString(info, text.replaceFirst("(\"observation.state\"[^\\[]*\\[\\s*)5", "$16"));
    assertThatExceptionOfType(DataException.class)
        .isThrownBy(() -> readAll(copy))
        .satisfies(
            e -> {
              assertThat(e.column()).isEqualTo("observation.state");
              assertThat(e.row()).isZero();
              assertThat(e.wanted()).isEqualTo("6 numbers");
              assertThat(e.got()).isEqualTo("5");
            });
    Files.writeString(info, text.replace("\"action\"", "\"actions\""));
    assertThatExceptionOfType(DataException.class)
        .isThrownBy(
            () -> {
              try (var dataset = LeRobotDataset.open(copy, ReadOptions.ALL)) {
                dataset.numbers(0, "actions");
              }
            })
        .withMessageContaining("actions: wanted the column");
    Files.writeString(info, text.replaceFirst("\"total_frames\": 13", "\"total_frames\": 14"));
    assertThatExceptionOfType(DataException.class)
        .isThrownBy(() -> readAll(copy))
        .withMessageContaining("total_frames: wanted 13, the sum of all lengths, got 14");
  }

  @ParameterizedTest
  @CsvSource({
    "'\"fx\": [0-9.]+', '\"fx\": 0', focal lengths",
    "'\"fy\": [0-9.]+', '\"fy\": NaN', JSON",
    "'\"world_from_camera\": \\[\\s*[-0-9.e]+', '\"world_from_camera\": [0.9', a rotation",
    "'\"quaternion\": \\[\\s*[-0-9.]+', '\"quaternion\": [3', a unit quaternion",
    "'\"state\": \\[\\s*[-0-9.e]+,', '\"state\": [', '8 numbers'",
    "'0_depth.png', '../../0_depth.png', a file of the episode",
    "'\"width\": 48', '\"width\": 64', 64 x 48 pixels"
  })
  void whatCannotBeIsRefused(String find, String replace, String wanted, @TempDir Path folder)
      throws IOException {
    Path copy = copy(Tiny.of("folder"), folder.resolve("a"));
    Path json = copy.resolve("episode.json");
    String text = Files.readString(json);
    int last = find.contains("state") ? text.lastIndexOf("\"state\"") : 0;
    String changed = text.substring(0, last) + text.substring(last).replaceFirst(find, replace);
    assertThat(changed).isNotEqualTo(text);
    Files.writeString(json, changed);
    assertThatExceptionOfType(DataException.class)
        .isThrownBy(() -> readAll(copy))
        .satisfies(e -> assertThat(e.wanted()).contains(wanted));
  }

  @Test
  void depthOfNothingIsRefused(@TempDir Path folder) throws IOException {
    Path copy = copy(Tiny.of("folder"), folder.resolve("a"));
    Files.write(copy.resolve("0_depth.png"), Pictures.png16(new short[48 * 48], 48, 48));
    assertThatExceptionOfType(DataException.class)
        .isThrownBy(() -> readAll(copy))
        .withMessageContaining("wanted depth, got none in any pixel");
  }

  /** Its header asks for 10 GB. */
  @Test
  void aPictureThatClaimsToBeHugeIsNotDecoded(@TempDir Path folder) throws IOException {
    Path copy = copy(Tiny.of("folder"), folder.resolve("a"));
    byte[] png = Files.readAllBytes(copy.resolve("0.png"));
    ByteBuffer.wrap(png).putInt(16, 60_000).putInt(20, 60_000);
    Files.write(copy.resolve("0.png"), png);
    assertThatExceptionOfType(DataException.class)
        .isThrownBy(() -> readAll(copy))
        .satisfies(e -> assertThat(e.file()).endsWith("0.png"));
  }

  @Test
  void aTruncatedVideoIsNamed(@TempDir Path folder) throws IOException {
    Path copy = copy(Tiny.of("lerobot_v21"), folder.resolve("a"));
    Path video = copy.resolve("depth/chunk-000/observation.depth.wrist/episode_000000.mkv");
    byte[] bytes = Files.readAllBytes(video);
    Files.write(video, Arrays.copyOf(bytes, bytes.length / 2));
    assertThatExceptionOfType(DataException.class)
        .isThrownBy(() -> readAll(copy))
        .satisfies(e -> assertThat(e.file()).endsWith("episode_000000.mkv"))
        .satisfies(e -> assertThat(e.column()).isEqualTo("observation.depth.wrist"));
  }

  static void readAll(Path path) {
    try (Dataset dataset = Datasets.open(path)) {
      for (int e = 0; e < dataset.size(); e++) {
        Episode episode = dataset.episode(e);
        for (int f = 0; f < episode.frames(); f++) {
          episode.observation(f);
        }
      }
    }
  }

  static Path copy(Path from, Path to) throws IOException {
    try (var files = Files.walk(from)) {
      for (Path path : files.toList()) {
        Path target = to.resolve(from.relativize(path).toString());
        if (Files.isDirectory(path)) {
          Files.createDirectories(target);
        } else {
          Files.copy(path, target);
        }
      }
    }
    return to;
  }
}
