package io.github.vla3d.perception;

import io.github.vla3d.data.View;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.Dbscan;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.Pixel;
import io.github.vla3d.geometry.PointCloud;
import io.github.vla3d.geometry.Vector3;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Optional;

/**
 * A detection in one view, and where the depth under its mask is.
 *
 * @param view name of the view
 * @param detection what was found there
 * @param centre of the box around the largest cluster of points, metres in the world
 * @param extent edges of that box along the axes of the world, metres
 */
record LiftedDetection(String view, Detection detection, Vector3 centre, Vector3 extent) {
  /** Pixels with depth without which a mask has no place. */
  private static final int LEAST = 10;

  private static final int MOST = 1024;

  /**
   * Empty if the view has no camera or depth, or too little of it lies under the mask. The mask's
   * border, where depth is often that of something else, does not count.
   *
   * @param zMax farthest depth that is valid, metres
   */
  static Optional<LiftedDetection> of(View view, Detection detection, double zMax) {
    DepthImage depth = view.depth().orElse(null);
    Camera camera = view.depthCamera().orElse(null);
    if (depth == null || camera == null) {
      return Optional.empty();
    }
    ObjectMask mask = detection.mask();
    BitSet pixels = mask.pixels();
    int[] inner =
        pixels.stream()
            .filter(
                i -> {
                  int column = i % mask.width();
                  int row = i / mask.width();
                  double z = depth.at(column, row);
                  return z > 0
                      && z <= zMax
                      && mask.at(column - 1, row)
                      && mask.at(column + 1, row)
                      && mask.at(column, row - 1)
                      && mask.at(column, row + 1);
                })
            .toArray();
    if (inner.length < LEAST) {
      return Optional.empty();
    }
    int step = (inner.length + MOST - 1) / MOST;
    int count = (inner.length + step - 1) / step;
    double[] xyz = new double[3 * count];
    double[] spacing = new double[count];
    for (int k = 0; k < count; k++) {
      int column = inner[k * step] % mask.width();
      int row = inner[k * step] / mask.width();
      double z = depth.at(column, row);
      Vector3 p = camera.unproject(Pixel.centre(column, row), z);
      xyz[3 * k] = p.x();
      xyz[3 * k + 1] = p.y();
      xyz[3 * k + 2] = p.z();
      spacing[k] = z / camera.intrinsics().focal() * Math.sqrt(step);
    }
    Arrays.sort(spacing);
    PointCloud cloud = PointCloud.of(xyz);
    int[] cluster = Dbscan.DEFAULT.cluster(cloud, spacing[count / 2]).largest();
    if (cluster.length < LEAST) {
      return Optional.empty();
    }
    double[] kept = cloud.select(cluster).toArray();
    double[] low = Arrays.copyOf(kept, 3);
    double[] high = Arrays.copyOf(kept, 3);
    for (int i = 3; i < kept.length; i++) {
      low[i % 3] = Math.min(low[i % 3], kept[i]);
      high[i % 3] = Math.max(high[i % 3], kept[i]);
    }
    Vector3 from = new Vector3(low[0], low[1], low[2]);
    Vector3 to = new Vector3(high[0], high[1], high[2]);
    return Optional.of(
        new LiftedDetection(view.name(), detection, from.plus(to).times(0.5), to.minus(from)));
  }
}
