package io.github.vla3d.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.Episode;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.View;
import io.github.vla3d.datasets.CrossView.Picture;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.ImageTransform;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.Pixel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The two tables of the recordings' README that are about {@code camera_shift}: what the files show
 * when they are read rightly, and what "wrong readers look like".
 */
class WrongReadersTest {
  private static final double MEDIAN_MM = 0.02;
  private static final Percentage P90 = Percentage.withPercentage(2);
  private static final double SHARE = 0.002;

  @ParameterizedTest
  @CsvSource({
    "0, 0.32, 0.85, 0.00000",
    "1, 0.32, 0.80, 0.00001",
    "2, 0.31, 0.81, 0.00000",
    "3, 0.31, 0.76, 0.00000",
  })
  void everySceneAgreesAcrossItsViews(int scene, double median, double p90, double inFront)
      throws IOException {
    CrossView got = check(scene, "none");
    assertThat(got.median()).isCloseTo(median, within(MEDIAN_MM));
    assertThat(got.p90()).isCloseTo(p90, P90);
    assertThat(got.inFront()).isCloseTo(inFront, within(SHARE));
    assertThat(got.inBox()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "none,             0.32,   0.80,  0.0000, 1.000, 0.31",
    "mirrored,         0.65,   67.9,  0.0675, 0.073, 0.46",
    "upside down,      106.11, 342.2, 0.5179, 0.076, 8.07",
    "half a pixel off, 0.69,   2.4,   0.0001, 1.000, 0.67",
    "depth 1 % more,   2.23,   8.9,   0.0013, 0.921, 2.12",
    "focal 2 % more,   2.25,   6.3,   0.0009, 0.951, 2.18",
    "E inverted,       110.57, 342.4, 0.3979, 0.000, 6.74",
  })
  void everyErrorOfAReaderLooksAsInTheTable(
      String error, double median, double p90, double inFront, double inBox, double cutMedian)
      throws IOException {
    CrossView got = check(1, error);
    assertThat(got.median()).isCloseTo(median, within(MEDIAN_MM));
    assertThat(got.p90()).isCloseTo(p90, P90);
    assertThat(got.inFront()).isCloseTo(inFront, within(SHARE));
    assertThat(got.inBox()).isCloseTo(inBox, within(SHARE));
    assertThat(got.cutMedian()).isCloseTo(cutMedian, within(MEDIAN_MM));
  }

  private static CrossView check(int scene, String error) throws IOException {
    Path folder = Shared.libero("camera_shift");
    CrossView check = CrossView.ofScenes();
    try (Dataset dataset = Datasets.open(folder)) {
      Episode episode = dataset.episode(scene);
      Truth truth = Truth.ofScene(folder.resolve("scene_0" + scene + ".npz"), episode.viewNames());
      Observation observation = episode.observation(0);
      List<Picture> pictures = new ArrayList<>();
      for (View view : observation.views()) {
        pictures.add(misread(view, truth.ids(view.name(), 0), error));
      }
      check.add(pictures, truth.boxes(0));
    }
    return check;
  }

  private static Picture misread(View view, byte[] ids, String error) {
    Camera camera = view.camera().orElseThrow();
    DepthImage depth = view.depth().orElseThrow();
    int width = depth.width();
    int height = depth.height();
    Intrinsics k = camera.intrinsics();
    return switch (error) {
      case "none" -> new Picture(camera, depth, ids);
      case "mirrored" -> {
        ImageTransform mirror = ImageTransform.mirror(width, height);
        yield new Picture(camera, depth.transformed(mirror), moved(ids, mirror));
      }
      case "upside down" -> {
        ImageTransform flip = ImageTransform.reverseRows(width, height);
        yield new Picture(camera, depth.transformed(flip), moved(ids, flip));
      }
      case "half a pixel off" ->
          new Picture(
              new Camera(
                  Intrinsics.fromCentresAtIntegers(k.matrix(), width, height),
                  camera.worldFromCamera()),
              depth,
              ids);
      case "depth 1 % more" -> {
        float[] metres = depth.toArray();
        for (int i = 0; i < metres.length; i++) {
          metres[i] *= 1.01f;
        }
        yield new Picture(camera, DepthImage.of(metres, width, height), ids);
      }
      case "focal 2 % more" ->
          new Picture(
              new Camera(
                  Intrinsics.of(1.02 * k.fx(), 1.02 * k.fy(), k.cx(), k.cy(), width, height),
                  camera.worldFromCamera()),
              depth,
              ids);
      case "E inverted" -> new Picture(new Camera(k, camera.cameraFromWorld()), depth, ids);
      default -> throw new IllegalArgumentException(error);
    };
  }

  private static byte[] moved(byte[] ids, ImageTransform transform) {
    int width = transform.width();
    byte[] result = new byte[ids.length];
    for (int i = 0; i < ids.length; i++) {
      var at = transform.apply(Pixel.centre(i % width, i / width));
      result[((int) at.v()) * width + ((int) at.u())] = ids[i];
    }
    return result;
  }
}
