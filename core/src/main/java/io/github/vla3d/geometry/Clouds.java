package io.github.vla3d.geometry;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is commonly done to a cloud before it is used. */
public final class Clouds {
  private Clouds() {}

  private record Voxel(long x, long y, long z) {}

  /**
   * One point per occupied cube: the mean of the points (and colours) in it, in the order in which
   * the cubes are met.
   *
   * @param edge of the cubes in metres (table tops: 0.002 to 0.005)
   */
  public static PointCloud voxelGrid(PointCloud cloud, double edge) {
    if (!(edge > 0)) {
      throw new GeometryException("voxel grid: wanted an edge above 0 m, got " + edge);
    }
    Map<Voxel, List<Integer>> voxels = new LinkedHashMap<>();
    for (int i = 0; i < cloud.size(); i++) {
      Vector3 p = cloud.get(i);
      voxels
          .computeIfAbsent(
              new Voxel(
                  (long) Math.floor(p.x() / edge),
                  (long) Math.floor(p.y() / edge),
                  (long) Math.floor(p.z() / edge)),
              v -> new ArrayList<>())
          .add(i);
    }
    byte[] rgb = cloud.colours();
    double[] points = new double[3 * voxels.size()];
    byte[] colours = new byte[points.length];
    int n = 0;
    for (List<Integer> members : voxels.values()) {
      for (int a = 0; a < 3; a++, n++) {
        double colour = 0;
        for (int i : members) {
          points[n] += cloud.coordinates()[3 * i + a] / members.size();
          colour += rgb == null ? 0 : (double) (rgb[3 * i + a] & 0xff) / members.size();
        }
        colours[n] = (byte) Math.round(colour);
      }
    }
    return rgb == null ? PointCloud.of(points) : PointCloud.of(points, colours);
  }

  /**
   * Indices of the points whose mean distance to their neighbours is at most the cloud's mean of it
   * plus sigmas standard deviations: flying pixels go (usual values: 20 neighbours, 2 sigmas).
   */
  public static int[] withoutOutliers(PointCloud cloud, int neighbours, double sigmas) {
    KdTree tree = new KdTree(cloud);
    int n = cloud.size();
    int k = Math.min(neighbours + 1, n); // the point itself comes first
    double[] distance = new double[n];
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < n; i++) {
      Vector3 p = cloud.get(i);
      for (int j : tree.nearest(p, k)) {
        distance[i] += Math.sqrt(tree.squaredDistance(p, j)) / Math.max(1, k - 1);
      }
      sum += distance[i];
      squares += distance[i] * distance[i];
    }
    double mean = sum / n;
    double limit = mean + sigmas * Math.sqrt(Math.max(0, squares / n - mean * mean));
    int[] kept = new int[n];
    int size = 0;
    for (int i = 0; i < n; i++) {
      if (distance[i] <= limit) {
        kept[size++] = i;
      }
    }
    return Arrays.copyOf(kept, size);
  }

  /**
   * The normal of the surface at each point, from its nearest neighbours (itself among them), on
   * the side of the viewpoint.
   *
   * @throws GeometryException if the cloud has fewer points than neighbours, or these are below 3
   */
  public static List<Vector3> normals(PointCloud cloud, int neighbours, Vector3 viewpoint) {
    KdTree tree = new KdTree(cloud);
    List<Vector3> normals = new ArrayList<>(cloud.size());
    for (int i = 0; i < cloud.size(); i++) {
      Vector3 p = cloud.get(i);
      Vector3 normal = PrincipalAxes.of(cloud, tree.nearest(p, neighbours)).third();
      normals.add(normal.dot(viewpoint.minus(p)) >= 0 ? normal : normal.times(-1));
    }
    return normals;
  }

  /**
   * Farthest-point sampling: each pick is the point farthest from those already taken; equal
   * distances go to the lower index.
   *
   * @param first index of the first pick
   * @return indices in the order of picking
   * @throws GeometryException if count is not in [1, points]
   */
  public static int[] farthestPoints(PointCloud cloud, int count, int first) {
    int n = cloud.size();
    if (count < 1 || count > n || first < 0 || first >= n) {
      throw new GeometryException(
          "farthest points: " + count + " from index " + first + " cannot be had of " + n);
    }
    double[] xyz = cloud.coordinates();
    double[] nearest = new double[n];
    Arrays.fill(nearest, Double.POSITIVE_INFINITY);
    int[] picks = new int[count];
    int pick = first;
    for (int i = 0; i < count; i++) {
      picks[i] = pick;
      nearest[pick] = -1; // never again, not even among duplicates
      int farthest = pick;
      for (int j = 0; j < n; j++) {
        double dx = xyz[3 * j] - xyz[3 * pick];
        double dy = xyz[3 * j + 1] - xyz[3 * pick + 1];
        double dz = xyz[3 * j + 2] - xyz[3 * pick + 2];
        nearest[j] = Math.min(nearest[j], dx * dx + dy * dy + dz * dz);
        if (nearest[j] > nearest[farthest]) {
          farthest = j;
        }
      }
      pick = farthest;
    }
    return picks;
  }

  /**
   * Chamfer distances of two clouds.
   *
   * @param l1 half the sum of the two mean distances to the nearest point of the other cloud,
   *     metres
   * @param l2 sum of the two mean squared distances, square metres
   */
  public record Chamfer(double l1, double l2) {}

  /**
   * How far two clouds are from each other.
   *
   * @throws GeometryException if one is empty
   */
  public static Chamfer chamfer(PointCloud a, PointCloud b) {
    double[] aToB = squaredDistances(a, b);
    double[] bToA = squaredDistances(b, a);
    return new Chamfer(
        (Arrays.stream(aToB).map(Math::sqrt).average().orElseThrow()
                + Arrays.stream(bToA).map(Math::sqrt).average().orElseThrow())
            / 2,
        Arrays.stream(aToB).average().orElseThrow() + Arrays.stream(bToA).average().orElseThrow());
  }

  /**
   * For each point of the one cloud, the squared distance to the nearest of the other.
   *
   * @throws GeometryException if one is empty
   */
  public static double[] squaredDistances(PointCloud from, PointCloud to) {
    if (from.size() == 0 || to.size() == 0) {
      throw new GeometryException("distances between clouds: one is empty");
    }
    KdTree.Searcher searcher = new KdTree(to).searcher();
    double[] xyz = from.coordinates();
    double[] squared = new double[from.size()];
    for (int i = 0; i < squared.length; i++) {
      squared[i] = searcher.nearest(xyz[3 * i], xyz[3 * i + 1], xyz[3 * i + 2]);
    }
    return squared;
  }
}
