package io.github.vla3d.perception.depth;

import io.github.vla3d.data.View;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;

/** One view of a frame as arrays: the point, footprint and colour of every pixel. */
final class SeenPoints {
  final String name;
  final int width;
  final int height;
  final int pixels;

  /** Linear size against a picture of 256 x 256. */
  final double scale;

  /** Planar depth, metres; 0 where there is none. */
  final float[] depth;

  /** World coordinates, metres. */
  final float[] x;

  final float[] y;
  final float[] z;

  /** Height above the support, metres; NaN where there is no depth. */
  final float[] up;

  /** Distance of neighbouring pixels per metre of depth. */
  final double spread;

  /** Standard deviation of the depth as the support shows it, metres. */
  double noise;

  final byte[] rgb;
  final boolean[] foreground;

  /** Track of each pixel, -1 for none. */
  final int[] label;

  private final double[] cameraFromWorld;
  private final double[] k;
  private final Vector3 origin;

  SeenPoints(View view, DepthImage map, Camera camera, double farthest) {
    name = view.name();
    width = map.width();
    height = map.height();
    pixels = width * height;
    scale = Math.sqrt(pixels) / 256;
    depth = map.toArray();
    x = new float[pixels];
    y = new float[pixels];
    z = new float[pixels];
    up = new float[pixels];
    foreground = new boolean[pixels];
    label = new int[pixels];
    rgb = view.rgb().toArray();
    Intrinsics intrinsics = camera.intrinsics();
    spread = 1 / intrinsics.focal();
    k = intrinsics.matrix();
    RigidTransform pose = camera.worldFromCamera();
    cameraFromWorld = pose.inverse().toRowMajor();
    // The ray is linear in the pixel: three corners give it.
    origin = pose.translation();
    Vector3 first = pose.rotate(intrinsics.ray(io.github.vla3d.geometry.Pixel.centre(0, 0)));
    Vector3 right =
        pose.rotate(intrinsics.ray(io.github.vla3d.geometry.Pixel.centre(1, 0))).minus(first);
    Vector3 down =
        pose.rotate(intrinsics.ray(io.github.vla3d.geometry.Pixel.centre(0, 1))).minus(first);
    for (int row = 0, i = 0; row < height; row++) {
      for (int column = 0; column < width; column++, i++) {
        float d = depth[i];
        if (!(d > 0 && d <= farthest)) {
          depth[i] = 0;
          up[i] = Float.NaN;
          continue;
        }
        x[i] = (float) (origin.x() + d * (first.x() + column * right.x() + row * down.x()));
        y[i] = (float) (origin.y() + d * (first.y() + column * right.y() + row * down.y()));
        z[i] = (float) (origin.z() + d * (first.z() + column * right.z() + row * down.z()));
      }
    }
  }

  /** Other depths of all pixels that have one; their points move along their rays. */
  void measured(float[] metres) {
    for (int i = 0; i < pixels; i++) {
      if (depth[i] > 0) {
        double longer = metres[i] / depth[i];
        x[i] = (float) (origin.x() + longer * (x[i] - origin.x()));
        y[i] = (float) (origin.y() + longer * (y[i] - origin.y()));
        z[i] = (float) (origin.z() + longer * (z[i] - origin.z()));
        depth[i] = metres[i];
      }
    }
  }

  /** Distance of neighbouring pixels on a surface that faces the camera, metres. */
  double footprint(int i) {
    return depth[i] * spread;
  }

  /**
   * Which pixel covers a world point.
   *
   * @param at receives its depth in [0]
   * @return the pixel, or -1 outside the picture
   */
  int project(double wx, double wy, double wz, double[] at) {
    double[] m = cameraFromWorld;
    double cz = m[8] * wx + m[9] * wy + m[10] * wz + m[11];
    if (cz <= 0.01) {
      return -1;
    }
    double cx = (m[0] * wx + m[1] * wy + m[2] * wz + m[3]) / cz;
    double cy = (m[4] * wx + m[5] * wy + m[6] * wz + m[7]) / cz;
    int u = (int) Math.floor(k[0] * cx + k[1] * cy + k[2]);
    int v = (int) Math.floor(k[3] * cx + k[4] * cy + k[5]);
    if (u < 0 || v < 0 || u >= width || v >= height) {
      return -1;
    }
    at[0] = cz;
    return v * width + u;
  }

  /** Largest difference of a channel between two pixels. */
  int colourDistance(int i, int j) {
    int d = 0;
    for (int c = 0; c < 3; c++) {
      d = Math.max(d, Math.abs((rgb[3 * i + c] & 0xff) - (rgb[3 * j + c] & 0xff)));
    }
    return d;
  }
}
