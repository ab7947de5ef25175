package io.github.vla3d.scene.completion;

import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.Pixel;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.scene.input.SceneException;

/** What one view of a sample measured: a point for every pixel with valid depth. */
public final class ViewSurface {
  private final long viewId;
  private final Intrinsics intrinsics;
  private final Vector3 camera;
  private final float[] depth;
  private final double[] xyz;

  private ViewSurface(
      long viewId, Intrinsics intrinsics, Vector3 camera, float[] depth, double[] xyz) {
    this.viewId = viewId;
    this.intrinsics = intrinsics;
    this.camera = camera;
    this.depth = depth;
    this.xyz = xyz;
  }

  /**
   * @param viewId number of the view's name
   * @param metres planar z of every pixel, row-major
   * @param camera of the picture that the depth is aligned to
   * @param zMax farthest depth that is valid, metres
   * @throws SceneException if there is not a depth for every pixel
   */
  public static ViewSurface of(long viewId, float[] metres, Camera camera, double zMax) {
    Intrinsics k = camera.intrinsics();
    int width = k.width();
    if (metres.length != width * k.height()) {
      throw new SceneException(
          "depth: wanted %d x %d pixels, got %d".formatted(k.height(), width, metres.length));
    }
    // A point is the camera's place plus z times a vector that is linear in the pixel.
    RigidTransform pose = camera.worldFromCamera();
    Vector3 corner = pose.rotate(k.ray(new Pixel(0, 0)));
    Vector3 right = pose.rotate(k.ray(new Pixel(1, 0))).minus(corner);
    Vector3 down = pose.rotate(k.ray(new Pixel(0, 1))).minus(corner);
    Vector3 place = pose.translation();
    float[] depth = new float[metres.length];
    double[] xyz = new double[3 * metres.length];
    for (int i = 0; i < metres.length; i++) {
      double z = metres[i];
      if (z > 0 && z <= zMax) {
        double u = i % width + 0.5;
        double v = i / width + 0.5;
        depth[i] = metres[i];
        xyz[3 * i] = place.x() + z * (corner.x() + u * right.x() + v * down.x());
        xyz[3 * i + 1] = place.y() + z * (corner.y() + u * right.y() + v * down.y());
        xyz[3 * i + 2] = place.z() + z * (corner.z() + u * right.z() + v * down.z());
      }
    }
    return new ViewSurface(viewId, k, place, depth, xyz);
  }

  public int height() {
    return intrinsics.height();
  }

  public int width() {
    return intrinsics.width();
  }

  long viewId() {
    return viewId;
  }

  /** Where the camera stands. */
  Vector3 camera() {
    return camera;
  }

  boolean isMeasured(int pixel) {
    return depth[pixel] > 0;
  }

  /** Three numbers a pixel, row-major; not copied. */
  double[] xyz() {
    return xyz;
  }

  /** Distance of the points of neighbouring pixels of a surface that faces the camera, metres. */
  double spacing(int pixel) {
    return depth[pixel] / intrinsics.focal();
  }
}
