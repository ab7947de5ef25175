package io.github.vla3d.geometry;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * The points x with normal . x = offset.
 *
 * @param normal of length 1
 * @param offset distance of the plane from the origin along the normal, metres
 */
public record Plane(Vector3 normal, double offset) {
  /**
   * A plane found in a cloud.
   *
   * @param inliers indices of its points, ascending
   */
  @SuppressWarnings("ArrayRecordComponent") // a plain carrier, made and read once
  public record Fit(Plane plane, int[] inliers) {}

  /** Distance of a point, above 0 on the side to which the normal points. */
  public double distance(Vector3 point) {
    return normal.dot(point) - offset;
  }

  /** The same plane with its normal turned to the side of a point. */
  public Plane facing(Vector3 point) {
    return distance(point) >= 0 ? this : new Plane(normal.times(-1), -offset);
  }

  /**
   * The plane with the smallest sum of squared distances.
   *
   * @throws GeometryException if there are fewer than 3 points or they lie on a line
   */
  public static Plane leastSquares(PointCloud cloud) {
    return leastSquares(cloud, IntStream.range(0, cloud.size()).toArray());
  }

  private static Plane leastSquares(PointCloud cloud, int[] indices) {
    PrincipalAxes axes = PrincipalAxes.of(cloud, indices);
    if (axes.variance().y() <= 1e-12 * axes.variance().x()) {
      throw new GeometryException("plane: the " + indices.length + " points lie on a line");
    }
    return new Plane(axes.third(), axes.third().dot(axes.mean()));
  }

  /**
   * The plane with most points near it (RANSAC), then fitted to these by least squares. Draws three
   * points at a time until a better plane is missed with a probability below 1e-6.
   *
   * @param threshold largest distance of an inlier, metres (table tops: 0.005 to 0.01)
   * @throws GeometryException if there are fewer than 3 points or they lie on a line
   */
  public static Fit ransac(PointCloud cloud, double threshold, long seed) {
    int n = cloud.size();
    if (n < 3) {
      throw new GeometryException("plane: wanted at least 3 points, got " + n);
    }
    Random random = new Random(seed);
    int[] best = {};
    double wantedDraws = 10_000;
    for (int draw = 0; draw < wantedDraws; draw++) {
      Vector3 a = cloud.get(random.nextInt(n));
      Vector3 normal =
          cloud.get(random.nextInt(n)).minus(a).cross(cloud.get(random.nextInt(n)).minus(a));
      if (normal.norm() == 0) {
        continue;
      }
      Vector3 unit = normal.normalized();
      int[] inliers = new Plane(unit, unit.dot(a)).inliers(cloud, threshold);
      if (inliers.length > best.length) {
        best = inliers;
        double share = (double) best.length / n;
        wantedDraws =
            Math.min(
                wantedDraws,
                Math.log(1e-6) / Math.log1p(-Math.min(share * share * share, 1 - 1e-12)));
      }
    }
    if (best.length < 3) {
      throw new GeometryException("plane: the " + n + " points lie on a line");
    }
    Plane plane = leastSquares(cloud, best);
    return new Fit(plane, plane.inliers(cloud, threshold));
  }

  private int[] inliers(PointCloud cloud, double threshold) {
    double[] xyz = cloud.coordinates();
    int[] inliers = new int[cloud.size()];
    int n = 0;
    for (int i = 0; i < inliers.length; i++) {
      double distance =
          normal.x() * xyz[3 * i]
              + normal.y() * xyz[3 * i + 1]
              + normal.z() * xyz[3 * i + 2]
              - offset;
      if (Math.abs(distance) <= threshold) {
        inliers[n++] = i;
      }
    }
    return Arrays.copyOf(inliers, n);
  }
}
