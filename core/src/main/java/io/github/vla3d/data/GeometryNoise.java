package io.github.vla3d.data;

import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import java.util.SplittableRandom;

/**
 * Faults of sensors and calibration as augmentation: pictures, state and actions stay, depth and
 * camera poses suffer.
 *
 * @param depthDropout greatest share of a view's depth that is lost, in [0, 1]; each view draws its
 *     own share, and loses it in squares of a sixteenth of its width
 * @param depthNoise standard deviation of a depth of 1 m, metres; it grows with the square of the
 *     depth, as that of sensors by triangulation
 * @param extrinsicTurn standard deviation of a camera's orientation about each axis, radians
 * @param extrinsicShift standard deviation of its place along each axis, metres
 */
public record GeometryNoise(
    double depthDropout, double depthNoise, double extrinsicTurn, double extrinsicShift) {
  private static final int SQUARES = 16;

  /**
   * @throws IllegalArgumentException outside the ranges
   */
  public GeometryNoise {
    require("depthDropout", depthDropout, 1);
    require("depthNoise", depthNoise, 1);
    require("extrinsicTurn", extrinsicTurn, 1);
    require("extrinsicShift", extrinsicShift, 1);
  }

  private static void require(String name, double value, double most) {
    if (!(value >= 0 && value <= most)) {
      throw new IllegalArgumentException(
          "augment.%s: wanted 0 to %s, got %s".formatted(name, most, value));
    }
  }

  /** Whether nothing happens. */
  public boolean isNone() {
    return depthDropout == 0 && depthNoise == 0 && extrinsicTurn == 0 && extrinsicShift == 0;
  }

  /** The observation with the faults; each view draws its own. */
  public Observation apply(Observation observation, SplittableRandom random) {
    return observation.withViews(
        observation.views().stream().map(view -> apply(view, random.split())).toList());
  }

  private View apply(View view, SplittableRandom random) {
    // Each kind of fault has its own numbers: one that is switched on does not change another.
    SplittableRandom forDepth = random.split();
    SplittableRandom forPose = random.split();
    RigidTransform error =
        extrinsicTurn == 0 && extrinsicShift == 0
            ? RigidTransform.identity()
            : RigidTransform.fromAxisAngle(
                gaussian(forPose, extrinsicTurn), gaussian(forPose, extrinsicShift));
    return new View(
        view.name(),
        view.rgb(),
        view.depth().map(depth -> faulty(depth, forDepth)),
        view.camera().map(camera -> moved(camera, error)),
        view.depthCamera().map(camera -> moved(camera, error)));
  }

  private static Vector3 gaussian(SplittableRandom random, double deviation) {
    double x = random.nextGaussian();
    double y = random.nextGaussian();
    double z = random.nextGaussian();
    return new Vector3(x, y, z).times(deviation);
  }

  private static Camera moved(Camera camera, RigidTransform error) {
    return new Camera(camera.intrinsics(), camera.worldFromCamera().compose(error));
  }

  private DepthImage faulty(DepthImage depth, SplittableRandom random) {
    if (depthDropout == 0 && depthNoise == 0) {
      return depth;
    }
    SplittableRandom noise = random.split();
    double share = depthDropout * random.nextDouble();
    boolean[] lost = new boolean[SQUARES * SQUARES];
    for (int i = 0; i < lost.length; i++) {
      lost[i] = random.nextDouble() < share;
    }
    int width = depth.width();
    float[] metres = depth.toArray();
    for (int i = 0; i < metres.length; i++) {
      int row = i / width * SQUARES / depth.height();
      int column = i % width * SQUARES / width;
      if (lost[row * SQUARES + column]) {
        metres[i] = 0;
      } else if (depthNoise > 0 && metres[i] > 0) {
        float z = metres[i];
        metres[i] = Math.max(1e-3f, (float) (z + depthNoise * z * z * noise.nextGaussian()));
      }
    }
    return DepthImage.of(metres, width, depth.height());
  }
}
