package io.github.vla3d.geometry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DepthImageTest {
  private static final Intrinsics K = Intrinsics.of(3, 3, 2, 1, 4, 2);

  static LongStream seeds() {
    return LongStream.range(0, 60);
  }

  @Test
  void everyKindOfTheSameWallIsTheSameWall() {
    double near = 0.001 * 10.6098;
    double far = 50 * 10.6098;
    float[] z = {0.5f, 0.7f, 0.9f, 1.1f, 1.3f, 1.5f, 1.7f, 1.9f};
    float[] buffer = new float[8];
    float[] rays = new float[8];
    float[] inverse = new float[8];
    short[] millimetres = new short[8];
    for (int i = 0; i < 8; i++) {
      buffer[i] = (float) ((1 - near / z[i]) / (1 - near / far));
      Vector3 point = K.ray(Pixel.centre(i % 4, i / 4)).times(z[i]);
      rays[i] = (float) point.norm();
      inverse[i] = 60 / z[i];
      millimetres[i] = (short) Math.round(1000 * z[i]);
    }
    // A float buffer resolves half a millimetre at 2 m; the others are exact to a float.
    assertThat(DepthImage.of(DepthKind.mujoco(0.001, 50, 10.6098), buffer, K).toArray())
        .containsExactly(z, within(5e-5f));
    assertThat(DepthImage.of(new DepthKind.RayDistance(1), rays, K).toArray())
        .containsExactly(z, within(1e-6f));
    assertThat(DepthImage.of(new DepthKind.Inverse(60), inverse, K).toArray())
        .containsExactly(z, within(1e-6f));
    assertThat(DepthImage.of(DepthKind.MILLIMETRES, millimetres, K).toArray())
        .containsExactly(z, within(1e-6f));
    assertThat(DepthImage.of(DepthKind.METRES, z, K).toArray()).containsExactly(z);
  }

  @Test
  void noReturnIsZeroInEveryKind() {
    float[] odd = {Float.NaN, -1, 0, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 1, 0, 2};
    assertThat(DepthImage.of(DepthKind.METRES, odd, K).toArray())
        .containsExactly(0, 0, 0, 0, 0, 1, 0, 2);
    assertThat(DepthImage.of(odd, 4, 2).toArray()).containsExactly(0, 0, 0, 0, 0, 1, 0, 2);
    assertThat(DepthImage.of(new DepthKind.Inverse(1), odd, K).toArray())
        .containsExactly(0, 0, 0, 0, 0, 1, 0, 0.5f);
    // The far plane itself is where nothing was hit.
    assertThat(DepthImage.of(new DepthKind.ZBuffer(0.1, 10), odd, K).toArray())
        .containsExactly(0, 0, 0.1f, 0, 0, 0, 0.1f, 0);
    short[] large = {-1, 0, 0, 0, 0, 0, 0, 0};
    assertThat(DepthImage.of(DepthKind.MILLIMETRES, large, K).at(0, 0)).isEqualTo(65.535f);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void aTransformedMapBelongsToTheTransformedCamera(long seed) {
    // The depth of a wall seen by the transformed camera equals the transformed depth of the wall.
    Samples random = new Samples(seed);
    Camera camera = new Camera(Intrinsics.of(60, 55, 31, 25, 64, 48), RigidTransform.identity());
    ImageTransform transform = random.sequence(64, 48);
    Intrinsics seen = camera.intrinsics().transformed(transform);
    double slope = random.in(-0.4, 0.4);
    float[] wall = new float[64 * 48];
    for (int i = 0; i < wall.length; i++) {
      wall[i] = (float) wall(camera.intrinsics().ray(Pixel.centre(i % 64, i / 64)), slope);
    }
    DepthImage moved = DepthImage.of(wall, 64, 48).transformed(transform);
    int compared = 0;
    for (int row = 0; row < moved.height(); row++) {
      for (int column = 0; column < moved.width(); column++) {
        if (moved.at(column, row) > 0) {
          double wanted = wall(seen.ray(Pixel.centre(column, row)), slope);
          // Nearest neighbour: at most half a source pixel away.
          assertThat((double) moved.at(column, row)).isEqualTo(wanted, within(0.02));
          compared++;
        }
      }
    }
    assertThat(compared).isGreaterThan(20);
  }

  private static double wall(Vector3 ray, double slope) {
    return 1 / (1 - slope * ray.x() - 0.1 * ray.y());
  }

  @Test
  void flipsAndQuarterTurnsMovePixelsExactly() {
    DepthImage d = DepthImage.of(new float[] {1, 2, 3, 4, 5, 6}, 3, 2);
    assertThat(d.transformed(ImageTransform.mirror(3, 2)).toArray())
        .containsExactly(3, 2, 1, 6, 5, 4);
    assertThat(d.transformed(ImageTransform.reverseRows(3, 2)).toArray())
        .containsExactly(4, 5, 6, 1, 2, 3);
    assertThat(d.transformed(ImageTransform.rotate90(3, 2)).toArray())
        .containsExactly(4, 1, 5, 2, 6, 3);
    assertThat(d.transformed(ImageTransform.rotate180(3, 2)).toArray())
        .containsExactly(6, 5, 4, 3, 2, 1);
    assertThat(d.transformed(ImageTransform.rotate270(3, 2)).toArray())
        .containsExactly(3, 6, 2, 5, 1, 4);
    assertThat(d.transformed(ImageTransform.rotate(3, 2, Math.PI)).toArray())
        .containsExactly(6, 5, 4, 3, 2, 1);
    assertThat(d.transformed(ImageTransform.pad(3, 2, 1, 0, 0, 1)).toArray())
        .containsExactly(0, 1, 2, 3, 0, 4, 5, 6, 0, 0, 0, 0);
    assertThat(d.transformed(ImageTransform.crop(3, 2, 1, 0, 2, 1)).toArray())
        .containsExactly(2, 3);
  }

  @Test
  void badSizesAreRefused() {
    assertThatThrownBy(() -> DepthImage.of(new float[5], 3, 2))
        .isInstanceOf(GeometryException.class)
        .hasMessageContaining("3x2 pixels, got 5");
    assertThatThrownBy(() -> new DepthKind.ZBuffer(1, 0.5)).hasMessageContaining("far plane");
    assertThatThrownBy(() -> new DepthKind.Planar(0)).hasMessageContaining("above 0");
  }
}
