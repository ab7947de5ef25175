package io.github.vla3d.data.doctor;

import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthKind;
import io.github.vla3d.geometry.ImageTransform;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.RigidTransform;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;

/**
 * The inverse of a fault of a single view.
 *
 * @param detail the magnitude, for the remedy; may be empty
 */
record Correction(FaultKind kind, String detail, UnaryOperator<Shot> undo) {
  private static final double[] UNITS = {
    1000,
    0.001,
    100,
    0.01,
    10,
    0.1,
    10_000,
    1e-4,
    4000,
    1 / 4000.0,
    0.3048,
    1 / 0.3048,
    0.0254,
    1 / 0.0254
  };

  /** Picture sizes that recordings and policies have. */
  private static final int[] SIDES = {
    64, 84, 96, 112, 120, 128, 180, 192, 224, 240, 256, 270, 288, 300, 320, 336, 360, 384, 400, 424,
    448, 480, 512, 540, 600, 640, 720, 768, 800, 848, 960, 1024, 1080, 1200, 1280, 1536, 1920
  };

  static Correction of(FaultKind kind, UnaryOperator<Shot> undo) {
    return new Correction(kind, "", undo);
  }

  private static Correction pose(FaultKind kind, UnaryOperator<RigidTransform> undo) {
    return of(
        kind,
        shot ->
            shot.with(new Camera(shot.intrinsics(), undo.apply(shot.camera().worldFromCamera()))));
  }

  private static Correction picture(FaultKind kind, String detail, ImageTransform transform) {
    return new Correction(kind, detail, shot -> shot.with(shot.camera().transformed(transform)));
  }

  static Correction depth(FaultKind kind, String detail, DepthKind meaning) {
    return new Correction(kind, detail, shot -> shot.with(meaning));
  }

  /** All that are worth a try on pictures of a camera like this; the z-buffer is not among them. */
  static List<Correction> of(Intrinsics k) {
    int width = k.width();
    int height = k.height();
    List<Correction> all = new ArrayList<>();
    all.add(pose(FaultKind.CAMERA_INVERTED, RigidTransform::inverse));
    all.add(
        of(
            FaultKind.OPENGL_AXES,
            shot ->
                shot.with(Camera.fromOpenGl(shot.intrinsics(), shot.camera().worldFromCamera()))));
    for (double unit : UNITS) {
      all.add(
          depth(
              FaultKind.DEPTH_UNIT,
              String.format(Locale.ROOT, "by %.4g", unit),
              new DepthKind.Planar(unit)));
    }
    all.add(depth(FaultKind.RAY_DISTANCE, "", new DepthKind.RayDistance(1)));
    all.add(
        picture(FaultKind.UPSIDE_DOWN, "rows reversed", ImageTransform.reverseRows(width, height)));
    all.add(
        picture(
            FaultKind.UPSIDE_DOWN,
            "turned by 180 degrees",
            ImageTransform.rotate180(width, height)));
    all.add(picture(FaultKind.MIRRORED, "", ImageTransform.mirror(width, height)));
    all.add(pose(FaultKind.TRANSPOSED, Correction::transposed));
    all.add(pose(FaultKind.QUATERNION_ORDER, pose -> reordered(pose, true)));
    all.add(pose(FaultKind.QUATERNION_ORDER, pose -> reordered(pose, false)));
    all.addAll(resolutions(k));
    return all;
  }

  static RigidTransform transposed(RigidTransform pose) {
    double[] r = pose.rotation();
    return RigidTransform.of(
        new double[] {r[0], r[3], r[6], r[1], r[4], r[7], r[2], r[5], r[8]}, pose.translation());
  }

  /** The pose whose quaternion was read with its scalar at the wrong end. */
  static RigidTransform reordered(RigidTransform pose, boolean scalarWasLast) {
    double[] q = pose.quaternion();
    return scalarWasLast
        ? RigidTransform.fromQuaternion(q[3], q[0], q[1], q[2], pose.translation())
        : RigidTransform.fromQuaternion(q[1], q[2], q[3], q[0], pose.translation());
  }

  /**
   * A principal point far from the middle gives the other size away: it is the middle of that one.
   * Lenses are a little off their middle, so sizes in use near that are tried, too.
   */
  private static List<Correction> resolutions(Intrinsics k) {
    double x = k.width() / (2 * k.cx());
    double y = k.height() / (2 * k.cy());
    List<Correction> all = new ArrayList<>();
    if (!(x > 0.05 && x < 20 && y > 0.05 && y < 20)
        || (Math.abs(x - 1) < 0.08 && Math.abs(y - 1) < 0.08)) {
      return all;
    }
    all.add(scaled(k, x, y));
    for (double sx : near(x, k.width())) {
      for (double sy : near(y, k.height())) {
        all.add(scaled(k, sx, sy));
      }
    }
    return all;
  }

  private static List<Double> near(double factor, int side) {
    List<Double> factors = new ArrayList<>();
    for (int other : SIDES) {
      double candidate = (double) side / other;
      if (Math.abs(candidate / factor - 1) < 0.06) {
        factors.add(candidate);
      }
    }
    return factors;
  }

  private static Correction scaled(Intrinsics k, double x, double y) {
    return new Correction(
        FaultKind.OTHER_RESOLUTION,
        String.format(Locale.ROOT, "K is for about %.0fx%.0f", k.width() / x, k.height() / y),
        shot -> {
          double[] m = shot.intrinsics().matrix();
          return shot.with(
              new Camera(
                  Intrinsics.fromRowMajor(
                      new double[] {
                        x * m[0], x * m[1], x * m[2], y * m[3], y * m[4], y * m[5], 0, 0, 1
                      },
                      shot.intrinsics().width(),
                      shot.intrinsics().height()),
                  shot.camera().worldFromCamera()));
        });
  }
}
