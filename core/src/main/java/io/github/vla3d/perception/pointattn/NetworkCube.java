package io.github.vla3d.perception.pointattn;

import io.github.vla3d.geometry.Clouds;
import io.github.vla3d.geometry.GeometryException;
import io.github.vla3d.geometry.PointCloud;
import java.util.Random;

/**
 * The way between metres, z up, and the cube in which the network was trained: about [-0.5, 0.5], y
 * up, the box of the partial cloud in the middle.
 *
 * @param x of the middle of the box, metres
 * @param y of it
 * @param z of it
 * @param scale metres of the cube's edge
 */
record NetworkCube(double x, double y, double z, double scale) {
  /** How much of the cube the longest edge of the box leaves free: hidden parts go beyond it. */
  private static final double ROOM = 1.1;

  /** Longest edge below which a cloud has no size of its own, metres. */
  private static final double SMALLEST = 1e-3;

  /**
   * That of a partial cloud.
   *
   * @throws GeometryException if it is empty
   */
  static NetworkCube of(PointCloud cloud) {
    if (cloud.size() == 0) {
      throw new GeometryException("completion: the observed cloud is empty");
    }
    double[] xyz = cloud.toArray();
    double[] low = {xyz[0], xyz[1], xyz[2]};
    double[] high = low.clone();
    for (int i = 3; i < xyz.length; i++) {
      low[i % 3] = Math.min(low[i % 3], xyz[i]);
      high[i % 3] = Math.max(high[i % 3], xyz[i]);
    }
    double longest = SMALLEST;
    for (int axis = 0; axis < 3; axis++) {
      longest = Math.max(longest, high[axis] - low[axis]);
    }
    return new NetworkCube(
        (low[0] + high[0]) / 2, (low[1] + high[1]) / 2, (low[2] + high[2]) / 2, ROOM * longest);
  }

  /** Writes a cloud of 2,048 points into an array, in the network's axes. */
  void into(PointCloud cloud, float[] to, int offset) {
    double[] xyz = cloud.toArray();
    for (int i = 0; i < xyz.length; i += 3) {
      to[offset + i] = (float) ((xyz[i] - x) / scale);
      to[offset + i + 1] = (float) ((xyz[i + 2] - z) / scale);
      to[offset + i + 2] = (float) (-(xyz[i + 1] - y) / scale);
    }
  }

  /** The points of the network's axes in metres, rounded to fp32. */
  PointCloud back(float[] from, int offset, int points) {
    float[] xyz = new float[3 * points];
    for (int i = 0; i < xyz.length; i += 3) {
      xyz[i] = (float) (x + scale * from[offset + i]);
      xyz[i + 1] = (float) (y - scale * from[offset + i + 2]);
      xyz[i + 2] = (float) (z + scale * from[offset + i + 1]);
    }
    return PointCloud.of(xyz);
  }

  /**
   * Exactly so many points: spread ones of more; of fewer all again and again in an order that is
   * mixed, but always in the same way.
   */
  static PointCloud resampled(PointCloud cloud, int points) {
    int n = cloud.size();
    if (n >= points) {
      return n == points ? cloud : cloud.select(Clouds.farthestPoints(cloud, points, 0));
    }
    int[] index = new int[points];
    for (int i = 0; i < points; i++) {
      index[i] = i % n;
    }
    Random random = new Random(0);
    for (int i = points - 1; i > 0; i--) {
      int other = random.nextInt(i + 1);
      int kept = index[i];
      index[i] = index[other];
      index[other] = kept;
    }
    return cloud.select(index);
  }
}
