package io.github.vla3d.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.data.SampleOrder.Sample;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.Pixel;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What training draws from data sets. */
class FeedTest {
  /** A data set in memory whose states and actions say where they come from. */
  private static final class Numbers implements Dataset {
    private final int[] lengths;
    private final AtomicInteger reading = new AtomicInteger();
    private boolean closed;

    Numbers(int... lengths) {
      this.lengths = lengths;
    }

    @Override
    public String name() {
      return "numbers";
    }

    @Override
    public int size() {
      return lengths.length;
    }

    @Override
    public Episode episode(int index) {
      return new Run(this, index, lengths[index]);
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  private record Run(Numbers owner, int index, int frames) implements Episode {
    @Override
    public String name() {
      return "run" + index;
    }

    @Override
    public String task() {
      return "task";
    }

    @Override
    public double framesPerSecond() {
      return 10;
    }

    @Override
    public List<String> viewNames() {
      return List.of();
    }

    @Override
    public Observation observation(int frame) {
      assertThat(owner.reading.incrementAndGet()).as("threads in one data set").isEqualTo(1);
      if (index == 1 && frame == 3) {
        owner.reading.decrementAndGet();
        throw new DataException("numbers", "x", frame, "a frame", "none");
      }
      owner.reading.decrementAndGet();
      return new Observation(List.of(), states().row(frame), List.of(), "task", frame / 10.0);
    }

    @Override
    public Track states() {
      return track(1);
    }

    @Override
    public Track actions() {
      return track(10);
    }

    private Track track(int factor) {
      float[] values = new float[2 * frames];
      for (int i = 0; i < values.length; i++) {
        values[i] = factor * (100 * index + i);
      }
      return Track.of(frames, 2, values);
    }

    @Override
    public Provenance provenance() {
      return new Provenance("memory", "numbers", Map.of());
    }
  }

  @Test
  void chunksRepeatTheLastActionBehindTheEnd() {
    Episode episode = new Numbers(3).episode(0);
    ActionChunks.Chunk chunk = new ActionChunks(3, new boolean[] {true}).at(episode, 1);
    // Actions are 0 10 | 20 30 | 40 50, the state of frame 1 is 2 3; column 0 is delta.
    assertThat(chunk.actions()).isDeepEqualTo(new float[][] {{18, 30}, {38, 50}, {38, 50}});
    assertThat(chunk.padded()).containsExactly(false, false, true);
    assertThat(
            new ActionChunks(3, new boolean[] {true})
                .toAbsolute(chunk.actions(), episode.states().row(1)))
        .isDeepEqualTo(ActionChunks.absolute(3).at(episode, 1).actions());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 17, 64, 65, 1000})
  void aRoundUsesEveryFrameOnce(int frames) {
    SampleOrder order = new SampleOrder(List.of(new Numbers(frames)), new double[] {1}, 7, 0, 1);
    List<Sample> first = draw(order, frames);
    List<Sample> second = draw(order, frames);
    assertThat(new HashSet<>(first)).hasSize(frames);
    assertThat(new HashSet<>(second)).hasSize(frames);
    if (frames > 16) {
      assertThat(second).isNotEqualTo(first);
    }
  }

  private static List<Sample> draw(SampleOrder order, int count) {
    List<Sample> samples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      samples.add(order.next());
    }
    return samples;
  }

  @Test
  void processesShareTheOrderAndPositionsGoOn() {
    List<Dataset> datasets = List.of(new Numbers(5, 9), new Numbers(30));
    double[] weights = {3, 1};
    List<Sample> alone = draw(new SampleOrder(datasets, weights, 11, 0, 1), 90);
    List<Sample> together = new ArrayList<>();
    List<SampleOrder> processes = new ArrayList<>();
    for (int p = 0; p < 3; p++) {
      processes.add(new SampleOrder(datasets, weights, 11, p, 3));
    }
    for (int i = 0; i < 30; i++) {
      for (SampleOrder process : processes) {
        together.add(process.next());
      }
    }
    assertThat(together).isEqualTo(alone);
    SampleOrder again = new SampleOrder(datasets, weights, 11, 1, 3);
    again.seek(processes.get(1).position());
    assertThat(draw(again, 40)).isEqualTo(draw(processes.get(1), 40));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> again.seek(new SampleOrder.Position(12, 0)))
        .withMessageContaining("seed 11");
  }

  @Test
  void datasetsAreMixedByWeightAndSeedsDiffer() {
    List<Dataset> datasets = List.of(new Numbers(5, 9), new Numbers(300));
    Map<Integer, Integer> drawn = new HashMap<>();
    List<Sample> samples = draw(new SampleOrder(datasets, new double[] {3, 1}, 5, 0, 1), 20_000);
    samples.forEach(sample -> drawn.merge(sample.dataset(), 1, Integer::sum));
    // Five standard deviations of a binomial of 20,000 draws.
    assertThat(drawn.getOrDefault(0, 0) / 20_000.0).isCloseTo(0.75, within(0.0153));
    assertThat(draw(new SampleOrder(datasets, new double[] {3, 1}, 6, 0, 1), 50))
        .isNotEqualTo(samples.subList(0, 50));
  }

  @Test
  void prefetchKeepsTheOrderAndItsBound() {
    SampleOrder order = new SampleOrder(List.of(new Numbers(40)), new double[] {1}, 3, 0, 1);
    List<Sample> wanted =
        draw(new SampleOrder(List.of(new Numbers(40)), new double[] {1}, 3, 0, 1), 100);
    List<Numbers> opened = new ArrayList<>();
    List<Sample> got = new ArrayList<>();
    try (Prefetcher prefetcher =
        new Prefetcher(
            () -> {
              Numbers numbers = new Numbers(40);
              opened.add(numbers);
              return List.of(numbers);
            },
            order::next,
            ActionChunks.absolute(4),
            3,
            5)) {
      for (int i = 0; i < 100; i++) {
        Prefetcher.Item item = prefetcher.next();
        assertThat(prefetcher.held()).isLessThanOrEqualTo(5);
        assertThat(item.observation().state()[0]).isEqualTo(2f * item.sample().frame());
        assertThat(item.actions().actions()[0][0]).isEqualTo(20f * item.sample().frame());
        got.add(item.sample());
      }
    }
    assertThat(got).isEqualTo(wanted);
    assertThat(opened).hasSize(3).allMatch(numbers -> numbers.closed);
  }

  @Test
  void aFrameThatCannotBeReadIsReported() {
    try (Prefetcher prefetcher =
        new Prefetcher(
            () -> List.of(new Numbers(4, 4)),
            () -> new Sample(0, 1, 3),
            ActionChunks.absolute(1),
            1,
            2)) {
      assertThatExceptionOfType(DataException.class)
          .isThrownBy(prefetcher::next)
          .withMessage("numbers, x, row 3: wanted a frame, got none");
    }
  }

  /** A point seen before the change is the same point after it. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void theCameraMovesWithThePicture(long seed) {
    int width = 64;
    int height = 48;
    Random random = new Random(seed);
    byte[] pixels = new byte[3 * width * height];
    random.nextBytes(pixels);
    float[] metres = new float[width * height];
    for (int i = 0; i < metres.length; i++) {
      metres[i] = 1 + 0.001f * i;
    }
    Camera camera =
        new Camera(
            Intrinsics.of(60, 61, 31, 25, width, height),
            RigidTransform.exp(
                new RigidTransform.Twist(new Vector3(0.1, 0.2, 0.3), new Vector3(0.3, -0.2, 0.5))));
    View view =
        View.of(
            "a",
            RgbImage.owning(width, height, pixels),
            Optional.of(DepthImage.of(metres, width, height)),
            Optional.of(camera));
    Observation observation = new Observation(List.of(view), new float[] {1}, List.of(), "go", 0);
    Augmentation augmentation =
        new Augmentation(0.8, 0.2, 0.3, 0.3, 0.3, Optional.of(new Augmentation.Size(40, 40)));
    View moved = augmentation.apply(observation, seed).views().get(0);
    assertThat(moved.rgb().width()).isEqualTo(40);
    assertThat(augmentation.apply(observation, seed).views().get(0).rgb()).isEqualTo(moved.rgb());
    Set<Float> depths = new HashSet<>();
    for (int i = 0; i < 40 * 40; i++) {
      float z = moved.depth().orElseThrow().at(i % 40, i / 40);
      if (z == 0) {
        continue;
      }
      depths.add(z);
      Vector3 point = moved.camera().orElseThrow().unproject(Pixel.centre(i % 40, i / 40), z);
      Camera.Projection before = camera.project(point);
      assertThat(before.depth()).isCloseTo(z, within(1e-9));
      assertThat(view.depth().orElseThrow().at(before.pixel())).isEqualTo(z);
    }
    assertThat(depths.size()).isGreaterThan(800);
  }

  @Test
  void uprightTurnsThePictureAndItsCamera() {
    byte[] pixels = new byte[3 * 6];
    pixels[0] = 100;
    Camera stored = new Camera(Intrinsics.of(-5, -5, 1.5, 1, 3, 2), RigidTransform.identity());
    View view = View.of("a", RgbImage.owning(3, 2, pixels), Optional.empty(), Optional.of(stored));
    View upright = ViewTransforms.upright(view);
    assertThat(upright.rgb().at(2, 1, 0)).isEqualTo(100);
    assertThat(upright.camera().orElseThrow().intrinsics())
        .isEqualTo(Intrinsics.of(5, 5, 1.5, 1, 3, 2));
  }

  @ParameterizedTest
  @ValueSource(strings = {"OPENPI", "LEROBOT"})
  void runningStatisticsAreThoseOfTheWhole(String method) {
    RunningStatistics statistics = new RunningStatistics(RunningStatistics.Method.valueOf(method));
    Random random = new Random(4);
    List<Double> all = new ArrayList<>();
    for (int batch = 0; batch < 50; batch++) {
      double[][] rows = new double[40][1];
      for (double[] row : rows) {
        row[0] = random.nextGaussian() * (1 + batch / 10.0);
        all.add(row[0]);
      }
      statistics.update(rows);
    }
    double mean = all.stream().mapToDouble(x -> x).average().orElseThrow();
    double variance =
        all.stream().mapToDouble(x -> (x - mean) * (x - mean)).average().orElseThrow();
    assertThat(statistics.count()).isEqualTo(2000);
    assertThat(statistics.mean()[0]).isCloseTo(mean, within(1e-12));
    assertThat(statistics.std()[0]).isCloseTo(Math.sqrt(variance), within(1e-12));
    List<Double> sorted = all.stream().sorted().toList();
    assertThat(statistics.quantile(0.9)[0]).isCloseTo(sorted.get(1800), within(0.1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> statistics.update(new double[][] {{1, 2}}))
        .withMessageContaining("rows of 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> statistics.update(new double[][] {{Double.NaN}}));
  }

  @Test
  void anElementMayStandStill() {
    RunningStatistics statistics = new RunningStatistics(RunningStatistics.Method.OPENPI);
    statistics.update(new double[][] {{5, 1}, {5, 2}});
    statistics.update(new double[][] {{5, 3}});
    assertThat(statistics.mean()).containsExactly(new double[] {5, 2}, within(1e-12));
    assertThat(statistics.std()[0]).isZero();
  }
}
