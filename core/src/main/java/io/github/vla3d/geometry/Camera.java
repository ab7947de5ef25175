package io.github.vla3d.geometry;

/**
 * A calibrated pinhole camera.
 *
 * @param worldFromCamera pose in the world (or robot base), axes x right, y down, z forward
 */
public record Camera(Intrinsics intrinsics, RigidTransform worldFromCamera) {
  private static final double[] HALF_TURN_ABOUT_X = {1, 0, 0, 0, -1, 0, 0, 0, -1};

  /**
   * A camera whose pose is given in the axes of OpenGL, MuJoCo and Blender: x right, y up, z
   * backward. {@code worldFromGlCamera} is for example a MuJoCo camera's xmat and xpos, or SAPIEN's
   * cam2world_gl.
   */
  public static Camera fromOpenGl(Intrinsics intrinsics, RigidTransform worldFromGlCamera) {
    return new Camera(
        intrinsics, worldFromGlCamera.compose(RigidTransform.of(HALF_TURN_ABOUT_X, Vector3.ZERO)));
  }

  /** A camera whose "extrinsics" map world points into it, as in OpenCV, COLMAP and SAPIEN. */
  public static Camera fromCameraFromWorld(Intrinsics intrinsics, RigidTransform cameraFromWorld) {
    return new Camera(intrinsics, cameraFromWorld.inverse());
  }

  public RigidTransform cameraFromWorld() {
    return worldFromCamera.inverse();
  }

  /** The camera of the transformed picture: the pose stays, the intrinsics become A K. */
  public Camera transformed(ImageTransform transform) {
    return new Camera(intrinsics.transformed(transform), worldFromCamera);
  }

  /** Where a point is seen, and how deep (planar z, metres). */
  public record Projection(Pixel pixel, double depth) {}

  /**
   * Projects a world point. Behind the camera (depth <= 0) it has no place in the picture: the
   * pixel is NaN.
   */
  public Projection project(Vector3 world) {
    Vector3 p = cameraFromWorld().apply(world);
    return p.z() > 0
        ? new Projection(intrinsics.pixel(p.x() / p.z(), p.y() / p.z()), p.z())
        : new Projection(new Pixel(Double.NaN, Double.NaN), p.z());
  }

  /** The world point at a place in the picture with planar depth z in metres. */
  public Vector3 unproject(Pixel pixel, double depth) {
    return worldFromCamera.apply(intrinsics.ray(pixel).times(depth));
  }

  /** Whether a world point lies in front of the camera and within its picture. */
  public boolean frames(Vector3 world) {
    Projection p = project(world);
    return p.depth() > 0 && intrinsics.contains(p.pixel());
  }

  /**
   * Whether this camera sees a world point, by its depth map.
   *
   * @param tolerance how much nearer than the point a surface may be and still be the point's own,
   *     metres
   */
  public Visibility visibility(Vector3 world, DepthImage depth, double tolerance) {
    Projection p = project(world);
    if (!(p.depth() > 0) || !intrinsics.contains(p.pixel())) {
      return Visibility.OUTSIDE;
    }
    double surface = depth.at(p.pixel());
    if (surface == 0) {
      return Visibility.UNKNOWN;
    }
    return surface < p.depth() - tolerance ? Visibility.OCCLUDED : Visibility.VISIBLE;
  }
}
