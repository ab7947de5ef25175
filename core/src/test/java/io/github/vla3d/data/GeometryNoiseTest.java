package io.github.vla3d.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class GeometryNoiseTest {
  private static final int SIZE = 64;

  private static Observation observation(float z) {
    float[] depth = new float[SIZE * SIZE];
    Arrays.fill(depth, z);
    depth[0] = 0;
    View view =
        View.of(
            "agentview",
            RgbImage.copyOf(SIZE, SIZE, new byte[3 * SIZE * SIZE]),
            Optional.of(DepthImage.of(depth, SIZE, SIZE)),
            Optional.of(
                new Camera(
                    Intrinsics.of(60, 60, 32, 32, SIZE, SIZE),
                    RigidTransform.translation(new Vector3(0.5, 0.1, 1)))));
    return new Observation(List.of(view), new float[3], List.of(), "", 0);
  }

  private static float[] depth(Observation observation) {
    return observation.views().get(0).depth().orElseThrow().toArray();
  }

  private static RigidTransform pose(Observation observation) {
    return observation.views().get(0).camera().orElseThrow().worldFromCamera();
  }

  private static double deviation(double[] values) {
    double mean = Arrays.stream(values).average().orElse(0);
    return Math.sqrt(Arrays.stream(values).map(v -> (v - mean) * (v - mean)).average().orElse(0));
  }

  @Test
  void depthNoiseGrowsWithTheSquareOfTheDepth() {
    GeometryNoise noise = new GeometryNoise(0, 0.01, 0, 0);
    for (float z : new float[] {0.5f, 1, 2}) {
      Observation after = noise.apply(observation(z), new SplittableRandom(3));
      float[] metres = depth(after);
      assertThat(metres[0]).as("where nothing was measured nothing is").isZero();
      double[] rest = new double[metres.length - 1];
      for (int i = 0; i < rest.length; i++) {
        rest[i] = metres[i + 1];
      }
      assertThat(deviation(rest)).isCloseTo(0.01 * z * z, within(0.001 * z * z));
      assertThat(pose(after)).isEqualTo(pose(observation(z)));
      assertThat(after.views().get(0).rgb()).isEqualTo(observation(z).views().get(0).rgb());
    }
  }

  @Test
  void dropoutTakesSquaresUpToItsShare() {
    GeometryNoise noise = new GeometryNoise(0.6, 0, 0, 0);
    double sum = 0;
    int rounds = 300;
    for (int seed = 0; seed < rounds; seed++) {
      Observation before = observation(1);
      float[] metres = depth(noise.apply(before, new SplittableRandom(seed)));
      int lost = 0;
      for (int i = 1; i < metres.length; i++) {
        assertThat(metres[i]).isIn(0f, 1f);
        // A square is 4 x 4 pixels here.
        int square = (i / SIZE / 4 * 4) * SIZE + i % SIZE / 4 * 4 + 1;
        assertThat(metres[i]).isEqualTo(metres[square]);
        lost += metres[i] == 0 ? 1 : 0;
      }
      sum += lost / (double) metres.length;
    }
    assertThat(sum / rounds).isCloseTo(0.3, within(0.03));
  }

  @Test
  void camerasAreJitteredByWhatIsSaid() {
    GeometryNoise noise = new GeometryNoise(0, 0, 0.02, 0.01);
    int rounds = 2000;
    double[] x = new double[rounds];
    double[] turn = new double[rounds];
    for (int seed = 0; seed < rounds; seed++) {
      Observation after = noise.apply(observation(1), new SplittableRandom(seed));
      RigidTransform error = pose(observation(1)).inverse().compose(pose(after));
      x[seed] = error.translation().x();
      turn[seed] = error.axisAngle().y();
      assertThat(depth(after)).isEqualTo(depth(observation(1)));
    }
    assertThat(deviation(x)).isCloseTo(0.01, within(0.001));
    assertThat(deviation(turn)).isCloseTo(0.02, within(0.002));
  }

  /** So that a run with one more kind of fault has the others unchanged. */
  @Test
  void aKindOfFaultDoesNotChangeAnother() {
    Observation before = observation(1);
    float[] alone = depth(new GeometryNoise(0, 0.01, 0, 0).apply(before, new SplittableRandom(7)));
    Observation both = new GeometryNoise(0, 0.01, 0.1, 0.1).apply(before, new SplittableRandom(7));
    assertThat(depth(both)).isEqualTo(alone);
    Observation pose = new GeometryNoise(0.5, 0, 0.1, 0.1).apply(before, new SplittableRandom(7));
    assertThat(pose(pose)).isEqualTo(pose(both));
    assertThat(new GeometryNoise(0, 0, 0, 0).isNone()).isTrue();
    assertThat(
            new GeometryNoise(0, 0, 0, 0)
                .apply(before, new SplittableRandom(1))
                .views()
                .get(0)
                .camera())
        .isEqualTo(before.views().get(0).camera());
  }

  @Test
  void whatCannotBeIsNamed() {
    assertThatThrownBy(() -> new GeometryNoise(1.5, 0, 0, 0)).hasMessageContaining("depthDropout");
    assertThatThrownBy(() -> new GeometryNoise(0, Double.NaN, 0, 0))
        .hasMessageContaining("depthNoise");
    assertThatThrownBy(() -> new GeometryNoise(0, 0, -1, 0)).hasMessageContaining("extrinsicTurn");
  }
}
