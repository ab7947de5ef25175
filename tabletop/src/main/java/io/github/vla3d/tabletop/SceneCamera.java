package io.github.vla3d.tabletop;

import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.tabletop.physics.Rotations;

/**
 * The camera that looks at the table: LIBERO's agentview, or moved.
 *
 * @param zoom of the focal length
 */
record SceneCamera(RigidTransform worldFromCamera, double zoom) {
  private static final double FIELD = Math.toRadians(45);

  /** LIBERO's table scenes: at (0.6586, 0, 1.6104). */
  private static final RigidTransform NOMINAL =
      RigidTransform.of(
          new double[] {0, 0.6283, -0.778, 1, 0, 0, 0, -0.778, -0.6283},
          new Vector3(0.6586, 0, 1.6104));

  private static final Vector3 PIVOT = new Vector3(-0.05, 0, 0.9);

  Camera of(int width, int height) {
    double f = 0.5 * height / StrictMath.tan(FIELD / 2) * zoom;
    return new Camera(
        Intrinsics.of(f, f, width / 2.0, height / 2.0, width, height), worldFromCamera);
  }

  static SceneCamera of(Variant variant) {
    if (!variant.is(Dimension.CAMERA)) {
      return new SceneCamera(NOMINAL, 1);
    }
    Dice dice = variant.dice("camera");
    int s = variant.severity();
    return switch (variant.kind()) {
      case "orbit" -> {
        double azimuth = Math.toRadians(dice.sign() * dice.uniform(12 * s - 8, 12 * s));
        double elevation = Math.toRadians(dice.uniform(-1, 1) * 2 * s);
        yield new SceneCamera(about(NOMINAL, azimuth, elevation), 1);
      }
      case "distance" -> {
        double factor =
            dice.uniform() < 0.7
                ? 1 + dice.uniform(0.14, 0.18) * s
                : 1 - dice.uniform(0.03, 0.05) * s;
        Vector3 from = NOMINAL.translation().minus(PIVOT).times(factor).plus(PIVOT);
        yield new SceneCamera(RigidTransform.of(NOMINAL.rotation(), from), 1);
      }
      case "turn" -> {
        double yaw = Math.toRadians(dice.sign() * dice.uniform(0.6, 1) * 2 * s);
        double pitch = Math.toRadians(dice.sign() * dice.uniform(0.3, 1) * 2 * s);
        yield new SceneCamera(
            NOMINAL
                .compose(Rotations.aboutY(yaw, Vector3.ZERO))
                .compose(Rotations.aboutX(pitch, Vector3.ZERO)),
            1);
      }
      default ->
          new SceneCamera(
              NOMINAL,
              dice.uniform() < 0.5
                  ? 1 + dice.uniform(0.03, 0.04) * s
                  : 1 - dice.uniform(0.05, 0.07) * s);
    };
  }

  /** Turned about the vertical through the pivot, and up or down about it. */
  private static RigidTransform about(RigidTransform camera, double azimuth, double elevation) {
    RigidTransform turn =
        Rotations.aboutZ(azimuth, Vector3.ZERO).compose(Rotations.aboutY(-elevation, Vector3.ZERO));
    RigidTransform aboutPivot =
        RigidTransform.translation(PIVOT)
            .compose(turn)
            .compose(RigidTransform.translation(PIVOT.times(-1)));
    return aboutPivot.compose(camera);
  }
}
