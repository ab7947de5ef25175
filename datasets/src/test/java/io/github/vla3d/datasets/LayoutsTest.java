package io.github.vla3d.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.Episode;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.ReadOptions;
import io.github.vla3d.data.View;
import io.github.vla3d.datasets.CrossView.Picture;
import io.github.vla3d.geometry.Camera;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The table "Checks made on the written files" of the recordings' README, for every layout: the
 * z-buffer and upside-down one, the upright one and the mirrored one. Ranges are over the episodes.
 */
class LayoutsTest {
  private static final int STRIDE = 15;
  private static final double MEDIAN_MM = 0.02;
  private static final Percentage P90 = Percentage.withPercentage(2);
  private static final double SHARE = 0.002;

  private record Range(double least, double most) {
    static Range of(List<CrossView> checks, Function<CrossView, Double> figure) {
      List<Double> values = checks.stream().map(figure).sorted().toList();
      return new Range(values.get(0), values.get(values.size() - 1));
    }
  }

  @Test
  void liberoAsPixelCentres() throws IOException {
    List<CrossView> got = libero(View::camera);
    expect(got, new Range(2.07, 3.62), new Range(2.93, 4.85), new Range(0.985, 0.994));
  }

  @Test
  void liberoWithTheSamplesWhereTheyWereTaken() throws IOException {
    List<CrossView> got = libero(View::depthCamera);
    expect(got, new Range(0.002, 0.003), new Range(0.07, 1.60), new Range(0.985, 0.994));
  }

  @Test
  void lerobotUpright() throws IOException {
    List<CrossView> got = lerobot("lerobot_v3");
    expect(got, new Range(0.30, 0.37), new Range(0.73, 0.93), new Range(1, 1));
  }

  @Test
  void lerobotMirrored() throws IOException {
    List<CrossView> got = lerobot("lerobot_v21");
    expect(got, new Range(0.30, 0.37), new Range(0.73, 0.93), new Range(1, 1));
  }

  /** LeRobot's 12-bit code against the lossless depth beside it. */
  @ParameterizedTest
  @CsvSource({"agentview, 1.8, 26", "wrist, 0.6, 11"})
  void theCodedDepthIsOffByAsMuchAsItsMakersSay(String view, double median, double p99) {
    Path root = Shared.libero("lerobot_v3");
    ReadOptions coded =
        new ReadOptions(Set.of(view), true, List.of("observation.images." + view + "_depth"));
    ReadOptions lossless = new ReadOptions(Set.of(view), true, List.of());
    long[] hundredths = new long[1_000_000];
    long count = 0;
    try (Dataset a = Datasets.open(root, lossless);
        Dataset b = Datasets.open(root, coded)) {
      for (int e = 0; e < a.size(); e++) {
        for (int f = 0; f < a.frames(e); f++) {
          float[] x = depth(a.episode(e).observation(f));
          float[] y = depth(b.episode(e).observation(f));
          for (int i = 0; i < x.length; i++) {
            long bin = Math.round(1e5 * Math.abs(x[i] - y[i]));
            hundredths[(int) Math.min(bin, hundredths.length - 1)]++;
            count++;
          }
        }
      }
    }
    assertThat(quantile(hundredths, 0.5 * count)).isCloseTo(median, within(0.1));
    assertThat(quantile(hundredths, 0.99 * count)).isCloseTo(p99, within(1.0));
  }

  private static double quantile(long[] hundredths, double rank) {
    long below = 0;
    int bin = 0;
    while (below + hundredths[bin] < rank) {
      below += hundredths[bin++];
    }
    return bin / 100.0;
  }

  private static float[] depth(Observation observation) {
    return observation.views().get(0).depth().orElseThrow().toArray();
  }

  private static void expect(List<CrossView> got, Range median, Range p90, Range inBox) {
    Range medians = Range.of(got, CrossView::cutMedian);
    assertThat(medians.least()).isCloseTo(median.least(), within(MEDIAN_MM));
    assertThat(medians.most()).isCloseTo(median.most(), within(MEDIAN_MM));
    Range p90s = Range.of(got, CrossView::cutP90);
    // Rounded to 10 micrometres in the table, which is more than 2 % of its least figure.
    assertThat(p90s.least()).isCloseTo(p90.least(), within(Math.max(0.005, 0.02 * p90.least())));
    assertThat(p90s.most()).isCloseTo(p90.most(), P90);
    Range shares = Range.of(got, CrossView::inBox);
    assertThat(shares.least()).isCloseTo(inBox.least(), within(SHARE));
    assertThat(shares.most()).isCloseTo(inBox.most(), within(SHARE));
  }

  private static List<CrossView> libero(Function<View, Optional<Camera>> camera)
      throws IOException {
    Path root = Shared.libero("libero_hdf5");
    List<CrossView> checks = new ArrayList<>();
    try (Dataset dataset = Datasets.open(root)) {
      for (int i = 0; i < dataset.size(); i++) {
        Episode episode = dataset.episode(i);
        String[] place = episode.name().split("/", -1);
        Truth truth = Truth.ofHdf5(root.resolve(place[0]).resolve(place[1] + ".hdf5"), place[2]);
        checks.add(check(episode, truth, camera));
      }
    }
    return checks;
  }

  private static List<CrossView> lerobot(String layout) throws IOException {
    Path root = Shared.libero(layout);
    List<CrossView> checks = new ArrayList<>();
    try (Dataset dataset = Datasets.open(root)) {
      for (int i = 0; i < dataset.size(); i++) {
        Truth truth =
            Truth.ofEpisode(root.resolve("privileged").resolve("episode_00000" + i + ".npz"));
        checks.add(check(dataset.episode(i), truth, View::camera));
      }
    }
    return checks;
  }

  private static CrossView check(
      Episode episode, Truth truth, Function<View, Optional<Camera>> camera) {
    CrossView check = CrossView.ofLayouts();
    for (int frame = 0; frame < episode.frames(); frame += STRIDE) {
      Observation observation = episode.observation(frame);
      List<Picture> pictures = new ArrayList<>();
      for (View view : observation.views()) {
        pictures.add(
            new Picture(
                camera.apply(view).orElseThrow(),
                view.depth().orElseThrow(),
                truth.ids(view.name(), frame)));
      }
      check.add(pictures, truth.boxes(frame));
    }
    return check;
  }
}
