package io.github.vla3d.perception.depth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.data.RgbImage;
import io.github.vla3d.data.View;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.RigidTransform;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A slope, a step of 10 cm in the middle and a thin pole before it. */
class GrainTest {
  private static final int SIZE = 256;
  private static final int STEP = 128;
  private static final int POLE = 40;

  private static float clean(int column, int row) {
    return column == POLE ? 0.5f : (column < STEP ? 0.9f : 1.0f) + 0.002f * row;
  }

  private static SeenPoints seen(double noise) {
    Random random = new Random(7);
    float[] metres = new float[SIZE * SIZE];
    for (int i = 0; i < metres.length; i++) {
      metres[i] = (float) (clean(i % SIZE, i / SIZE) + noise * random.nextGaussian());
    }
    Camera camera =
        new Camera(
            Intrinsics.fromFieldOfView(Math.toRadians(45), SIZE, SIZE), RigidTransform.identity());
    DepthImage depth = DepthImage.of(metres, SIZE, SIZE);
    View view =
        View.of(
            "front",
            RgbImage.owning(SIZE, SIZE, new byte[3 * SIZE * SIZE]),
            Optional.of(depth),
            Optional.of(camera));
    return new SeenPoints(view, depth, camera, 6);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.001, 0.003, 0.01})
  void isMeasured(double noise) {
    assertThat(Grain.of(seen(noise))).isCloseTo(noise, within(0.0001 + 0.05 * noise));
  }

  private static double error(SeenPoints v, int from, int to) {
    double squares = 0;
    int n = 0;
    for (int row = 4; row < SIZE - 4; row++) {
      for (int column = from; column < to; column++) {
        squares += Math.pow(v.depth[row * SIZE + column] - clean(column, row), 2);
        n++;
      }
    }
    return Math.sqrt(squares / n);
  }

  @Test
  void isRemovedFromSlopesButNotAcrossStepsNorFromThinThings() {
    double noise = 0.003;
    SeenPoints v = seen(noise);
    Grain.remove(v, noise);
    assertThat(error(v, POLE + 8, STEP - 8)).isLessThan(0.45 * noise);
    assertThat(error(v, STEP - 3, STEP + 3)).as("at the step").isLessThan(noise);
    assertThat(error(v, POLE, POLE + 1)).as("the pole").isLessThan(noise);
    // Points go with their depths: this camera stands in the origin of the world.
    for (int i = 0; i < v.pixels; i += 97) {
      assertThat(v.z[i]).isCloseTo(v.depth[i], within(1e-5f));
    }
  }
}
