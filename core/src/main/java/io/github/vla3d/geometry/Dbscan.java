package io.github.vla3d.geometry;

import java.util.Arrays;

/**
 * Density clustering (Ester et al. 1996) with a radius that follows the cloud's own density.
 *
 * @param minPoints points, itself included, that a core point has within the radius
 * @param kappa radius in units of the median distance to the (minPoints - 1)-th neighbour
 * @param minRadius smallest radius, metres
 * @param maxRadius largest radius, metres
 */
public record Dbscan(int minPoints, double kappa, double minRadius, double maxRadius) {
  /** 10 points, twice the median, 4 to 30 mm. */
  public static final Dbscan DEFAULT = new Dbscan(10, 2, 0.004, 0.03);

  public Dbscan {
    if (minPoints < 2 || !(kappa > 0) || !(minRadius > 0) || !(maxRadius >= minRadius)) {
      throw new GeometryException(
          "clustering: wanted minPoints >= 2, kappa > 0, 0 < minRadius <= maxRadius, got "
              + minPoints
              + ", "
              + kappa
              + ", "
              + minRadius
              + ", "
              + maxRadius);
    }
  }

  /**
   * Which cluster each point belongs to, from 0 on in the order of their first core points; -1 is
   * noise.
   */
  @SuppressWarnings("ArrayRecordComponent") // a plain carrier, made and read once
  public record Clusters(int[] labels, int count) {
    /** Indices of the points of the cluster with most of them; empty if all is noise. */
    public int[] largest() {
      int[] sizes = new int[count];
      for (int label : labels) {
        if (label >= 0) {
          sizes[label]++;
        }
      }
      int largest = -1;
      for (int i = 0; i < count; i++) {
        if (largest < 0 || sizes[i] > sizes[largest]) {
          largest = i;
        }
      }
      int[] members = new int[largest < 0 ? 0 : sizes[largest]];
      int n = 0;
      for (int i = 0; i < labels.length && n < members.length; i++) {
        if (labels[i] == largest) {
          members[n++] = i;
        }
      }
      return members;
    }
  }

  /**
   * The dynamic radius: clip(kappa * median of the distances to the (minPoints - 1)-th neighbour,
   * minRadius, maxRadius), and at least three times the spacing of the points.
   *
   * @param spacing distance of neighbouring pixels at the median depth, z * stride / f, metres; 0
   *     if unknown
   */
  public double radius(PointCloud cloud, double spacing) {
    return radius(cloud, new KdTree(cloud), spacing);
  }

  private double radius(PointCloud cloud, KdTree tree, double spacing) {
    if (cloud.size() < minPoints) {
      return Math.max(maxRadius, 3 * spacing);
    }
    double[] distances = new double[cloud.size()];
    double[] xyz = cloud.coordinates();
    KdTree.Searcher searcher = tree.searcher();
    for (int i = 0; i < distances.length; i++) {
      distances[i] = Math.sqrt(searcher.kth(xyz[3 * i], xyz[3 * i + 1], xyz[3 * i + 2], minPoints));
    }
    Arrays.sort(distances);
    int n = distances.length;
    double median = (distances[(n - 1) / 2] + distances[n / 2]) / 2;
    return Math.max(Math.min(Math.max(kappa * median, minRadius), maxRadius), 3 * spacing);
  }

  /**
   * Clusters with the dynamic radius.
   *
   * @param spacing as for {@link #radius(PointCloud, double)}
   */
  public Clusters cluster(PointCloud cloud, double spacing) {
    KdTree tree = new KdTree(cloud);
    return cluster(cloud, tree, radius(cloud, tree, spacing));
  }

  /** Clusters with a given radius, metres. */
  public Clusters clusterWithin(PointCloud cloud, double radius) {
    return cluster(cloud, new KdTree(cloud), radius);
  }

  private Clusters cluster(PointCloud cloud, KdTree tree, double radius) {
    double[] xyz = cloud.coordinates();
    KdTree.Searcher around = tree.searcher();
    int[] labels = new int[cloud.size()];
    Arrays.fill(labels, -1);
    int[] queue = new int[labels.length];
    int count = 0;
    for (int seed = 0; seed < labels.length; seed++) {
      if (labels[seed] >= 0) {
        continue;
      }
      int near = around.within(xyz[3 * seed], xyz[3 * seed + 1], xyz[3 * seed + 2], radius);
      if (near < minPoints) {
        continue;
      }
      labels[seed] = count;
      int tail = spread(around, near, labels, count, queue, 0);
      for (int head = 0; head < tail; head++) {
        int i = queue[head];
        near = around.within(xyz[3 * i], xyz[3 * i + 1], xyz[3 * i + 2], radius);
        // A border point stays with the first cluster that reaches it, and leads no further.
        if (near >= minPoints) {
          tail = spread(around, near, labels, count, queue, tail);
        }
      }
      count++;
    }
    return new Clusters(labels, count);
  }

  /** Takes the points found, as far as they have no cluster, and queues them. */
  private static int spread(
      KdTree.Searcher around, int near, int[] labels, int label, int[] queue, int from) {
    int tail = from;
    for (int k = 0; k < near; k++) {
      int j = around.found(k);
      if (labels[j] < 0) {
        labels[j] = label;
        queue[tail++] = j;
      }
    }
    return tail;
  }
}
