package io.github.vla3d.geometry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DistortionTest {
  static LongStream seeds() {
    return LongStream.range(0, 200);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void undistortUndoesDistort(long seed) {
    Samples random = new Samples(seed);
    Distortion lens =
        random.coin()
            ? new Distortion.BrownConrady(
                random.in(-0.3, 0.3),
                random.in(-0.05, 0.05),
                random.in(-0.005, 0.005),
                random.in(-0.005, 0.005),
                random.in(0.0, 0.02),
                random.in(-0.1, 0.1),
                0,
                0)
            : new Distortion.Fisheye(
                random.in(-0.05, 0.05), random.in(-0.01, 0.01), random.in(-0.01, 0.01), 0);
    for (int i = 0; i < 20; i++) {
      double x = random.in(-0.6, 0.6);
      double y = random.in(-0.6, 0.6);
      Distortion.Plane bent = lens.distort(x, y);
      Distortion.Plane straight = lens.undistort(bent.x(), bent.y());
      assertThat(straight.x()).isEqualTo(x, within(1e-11));
      assertThat(straight.y()).isEqualTo(y, within(1e-11));
    }
  }

  @Test
  void formulasByHand() {
    // r^2 = 0.05; radial = (1 + 0.1 * 0.05) / (1 + 0.2 * 0.05)
    Distortion.Plane p =
        new Distortion.BrownConrady(0.1, 0, 0.01, 0.02, 0, 0.2, 0, 0).distort(0.1, 0.2);
    assertThat(p.x())
        .isEqualTo(0.1 * 1.005 / 1.01 + 2 * 0.01 * 0.02 + 0.02 * (0.05 + 0.02), within(1e-15));
    assertThat(p.y())
        .isEqualTo(0.2 * 1.005 / 1.01 + 0.01 * (0.05 + 0.08) + 2 * 0.02 * 0.02, within(1e-15));
    // An ideal fisheye shows the angle.
    assertThat(new Distortion.Fisheye(0, 0, 0, 0).distort(1, 0).x())
        .isEqualTo(Math.PI / 4, within(1e-15));
    assertThat(new Distortion.Fisheye(0, 0, 0, 0).distort(0, 0).x()).isZero();
    assertThat(Distortion.NONE.distort(0.3, 0.4)).isEqualTo(new Distortion.Plane(0.3, 0.4));
  }

  @Test
  void whatTheLensCannotShowHasNoPoint() {
    // A barrel whose radius never exceeds 0.385: r (1 - r^2).
    Distortion lens = Distortion.BrownConrady.of(-1, 0, 0, 0, 0);
    assertThat(lens.undistort(0.3, 0).x()).isEqualTo(0.33894, within(1e-4));
    assertThatThrownBy(() -> lens.undistort(0.5, 0))
        .isInstanceOf(GeometryException.class)
        .hasMessageContaining("no point is seen at (0.5, 0.0)");
    assertThatThrownBy(() -> Distortion.BrownConrady.of(Double.NaN, 0, 0, 0, 0))
        .hasMessageContaining("NaN");
  }

  @Test
  void rectifiedPicturesBelongToThePinhole() {
    // A scene that is a smooth function of the ray, seen through a lens, rectified, compared.
    Intrinsics k = Intrinsics.of(70, 70, 48, 40, 96, 80);
    Distortion lens = Distortion.BrownConrady.of(-0.25, 0.05, 0.002, -0.001, 0);
    byte[] seen = new byte[96 * 80];
    float[] z = new float[96 * 80];
    for (int i = 0; i < seen.length; i++) {
      Vector3 bent = k.ray(Pixel.centre(i % 96, i / 96));
      Distortion.Plane ray = lens.undistort(bent.x(), bent.y());
      seen[i] = (byte) Math.round(brightness(ray.x(), ray.y()));
      z[i] = (float) (1 + 0.3 * ray.x());
    }
    Rectifier rectifier = new Rectifier(k, lens);
    byte[] straight = rectifier.picture(seen, 1);
    float[] depth = rectifier.depth(DepthImage.of(z, 96, 80)).toArray();
    int compared = 0;
    for (int i = 0; i < seen.length; i++) {
      Vector3 ray = k.ray(Pixel.centre(i % 96, i / 96));
      if (depth[i] > 0 && i % 96 > 2 && i % 96 < 93 && i / 96 > 2 && i / 96 < 77) {
        assertThat((double) (straight[i] & 0xff))
            .isEqualTo(brightness(ray.x(), ray.y()), within(1.6));
        assertThat((double) depth[i]).isEqualTo(1 + 0.3 * ray.x(), within(0.004));
        compared++;
      }
    }
    assertThat(compared).isGreaterThan(6000);
    assertThat(new Rectifier(k, Distortion.NONE).picture(seen, 1)).isEqualTo(seen);
  }

  private static double brightness(double x, double y) {
    return 128 + 60 * Math.sin(4 * x) + 50 * Math.cos(5 * y);
  }
}
