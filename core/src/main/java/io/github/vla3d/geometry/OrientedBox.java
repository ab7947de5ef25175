package io.github.vla3d.geometry;

import java.util.stream.IntStream;

/**
 * A box whose edges follow the principal axes of the points in it.
 *
 * @param worldFromBox pose of the centre; x is the longest direction of the points, z the shortest
 * @param size full edge lengths in metres
 */
public record OrientedBox(RigidTransform worldFromBox, Vector3 size) {
  /**
   * The smallest box along the principal axes that holds all points.
   *
   * @throws GeometryException if there are fewer than 3 points
   */
  public static OrientedBox of(PointCloud cloud) {
    PrincipalAxes axes = PrincipalAxes.of(cloud, IntStream.range(0, cloud.size()).toArray());
    Vector3 x = axes.first();
    Vector3 y = axes.second();
    Vector3 z = x.cross(y).normalized();
    RigidTransform worldFromAxes =
        RigidTransform.of(
            new double[] {x.x(), y.x(), z.x(), x.y(), y.y(), z.y(), x.z(), y.z(), z.z()},
            axes.mean());
    double[] p = cloud.transformed(worldFromAxes.inverse()).coordinates();
    double[] low = {p[0], p[1], p[2]};
    double[] high = low.clone();
    for (int i = 0; i < p.length; i++) {
      low[i % 3] = Math.min(low[i % 3], p[i]);
      high[i % 3] = Math.max(high[i % 3], p[i]);
    }
    Vector3 centre =
        new Vector3((low[0] + high[0]) / 2, (low[1] + high[1]) / 2, (low[2] + high[2]) / 2);
    return new OrientedBox(
        worldFromAxes.compose(RigidTransform.translation(centre)),
        new Vector3(high[0] - low[0], high[1] - low[1], high[2] - low[2]));
  }

  /** Whether a world point lies in the box, widened by a margin in metres on every side. */
  public boolean contains(Vector3 world, double margin) {
    Vector3 p = worldFromBox.inverse().apply(world);
    return Math.abs(p.x()) <= size.x() / 2 + margin
        && Math.abs(p.y()) <= size.y() / 2 + margin
        && Math.abs(p.z()) <= size.z() / 2 + margin;
  }
}
