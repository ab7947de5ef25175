package io.github.vla3d.geometry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CloudsTest {
  static LongStream seeds() {
    return LongStream.range(0, 40);
  }

  /** Half of the clouds lie on a coarse grid, so that there are equal distances and duplicates. */
  private static PointCloud cloud(Samples random, int n) {
    boolean grid = random.coin();
    double[] xyz = new double[3 * n];
    for (int i = 0; i < xyz.length; i++) {
      xyz[i] = grid ? random.in(0, 5) : random.in(0.0, 5.0);
    }
    return PointCloud.of(xyz);
  }

  private static double squared(Vector3 a, Vector3 b) {
    double dx = a.x() - b.x();
    double dy = a.y() - b.y();
    double dz = a.z() - b.z();
    return dx * dx + dy * dy + dz * dz;
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void neighboursEqualBruteForce(long seed) {
    Samples random = new Samples(seed);
    PointCloud cloud = cloud(random, random.in(1, 400));
    KdTree tree = new KdTree(cloud);
    for (int i = 0; i < 30; i++) {
      Vector3 query =
          random.coin()
              ? cloud.get(random.in(0, cloud.size() - 1))
              : new Vector3(random.in(-1.0, 6.0), random.in(-1.0, 6.0), random.in(-1.0, 6.0));
      int k = random.in(1, Math.min(25, cloud.size()));
      int[] wanted =
          IntStream.range(0, cloud.size())
              .boxed()
              .sorted(
                  Comparator.comparingDouble((Integer j) -> squared(query, cloud.get(j)))
                      .thenComparing(j -> j))
              .limit(k)
              .mapToInt(j -> j)
              .toArray();
      assertThat(tree.nearest(query, k)).isEqualTo(wanted);
      assertThat(tree.nearest(query)).isEqualTo(wanted[0]);
      double radius = random.in(1, 3);
      assertThat(tree.within(query, radius))
          .isEqualTo(
              IntStream.range(0, cloud.size())
                  .filter(j -> squared(query, cloud.get(j)) <= radius * radius)
                  .toArray());
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void clusteringEqualsItsDefinition(long seed) {
    Samples random = new Samples(seed);
    int n = random.in(20, 250);
    PointCloud cloud = cloud(random, n);
    Dbscan dbscan = new Dbscan(random.in(2, 8), 2, 0.01, 10);
    double radius = random.in(0.3, 1.2);
    Dbscan.Clusters clusters = dbscan.clusterWithin(cloud, radius);

    int[][] near = new int[n][];
    for (int i = 0; i < n; i++) {
      int at = i;
      near[i] =
          IntStream.range(0, n)
              .filter(j -> squared(cloud.get(at), cloud.get(j)) <= radius * radius)
              .toArray();
    }
    // Components of the core points by relaxation of labels.
    int[] component = IntStream.range(0, n).toArray();
    boolean changed = true;
    while (changed) {
      changed = false;
      for (int i = 0; i < n; i++) {
        for (int j : near[i]) {
          if (near[i].length >= dbscan.minPoints()
              && near[j].length >= dbscan.minPoints()
              && component[j] < component[i]) {
            component[i] = component[j];
            changed = true;
          }
        }
      }
    }
    for (int i = 0; i < n; i++) {
      boolean core = near[i].length >= dbscan.minPoints();
      List<Integer> reachable =
          Arrays.stream(near[i])
              .filter(j -> near[j].length >= dbscan.minPoints())
              .mapToObj(j -> clusters.labels()[j])
              .toList();
      if (reachable.isEmpty()) {
        assertThat(clusters.labels()[i]).isEqualTo(-1);
      } else {
        assertThat(reachable).contains(clusters.labels()[i]);
      }
      if (core) {
        for (int j = 0; j < n; j++) {
          if (near[j].length >= dbscan.minPoints()) {
            assertThat(clusters.labels()[i] == clusters.labels()[j])
                .isEqualTo(component[i] == component[j]);
          }
        }
      }
    }
    int[] sizes = new int[clusters.count()];
    Arrays.stream(clusters.labels()).filter(l -> l >= 0).forEach(l -> sizes[l]++);
    assertThat(clusters.largest()).hasSize(Arrays.stream(sizes).max().orElse(0));
    assertThat(Arrays.stream(clusters.largest()).map(i -> clusters.labels()[i]).distinct().count())
        .isLessThanOrEqualTo(1);
  }

  @Test
  void theRadiusFollowsTheDensity() {
    // A grid of 5 mm: the 9 nearest others of an inner point end at the second ring.
    double[] xyz = new double[3 * 400];
    for (int i = 0; i < 400; i++) {
      xyz[3 * i] = 0.005 * (i % 20);
      xyz[3 * i + 1] = 0.005 * (i / 20);
    }
    PointCloud grid = PointCloud.of(xyz);
    assertThat(Dbscan.DEFAULT.radius(grid, 0)).isEqualTo(0.02, within(1e-12));
    assertThat(Dbscan.DEFAULT.radius(grid, 0.01)).isEqualTo(0.03, within(1e-12));
    assertThat(new Dbscan(10, 20, 0.004, 0.03).radius(grid, 0)).isEqualTo(0.03);
    assertThat(new Dbscan(10, 0.1, 0.004, 0.03).radius(grid, 0)).isEqualTo(0.004);
    assertThat(Dbscan.DEFAULT.cluster(grid, 0).count()).isEqualTo(1);
    assertThat(Dbscan.DEFAULT.cluster(PointCloud.of(new double[0]), 0).largest()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void farthestPointsOfTheReference(int i) throws IOException {
    Golden golden = new Golden();
    int[] wanted = golden.indices("fps" + i + ".idx");
    PointCloud cloud = PointCloud.of(golden.floats("fps" + i + ".points"));
    assertThat(Clouds.farthestPoints(cloud, wanted.length, 0)).isEqualTo(wanted);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void farthestPointsEqualBruteForce(long seed) {
    Samples random = new Samples(seed);
    PointCloud cloud = cloud(random, random.in(3, 80));
    int count = random.in(1, cloud.size());
    int[] picks = Clouds.farthestPoints(cloud, count, random.in(0, cloud.size() - 1));
    assertThat(Arrays.stream(picks).distinct().count()).isEqualTo(count);
    for (int i = 1; i < count; i++) {
      int[] taken = Arrays.copyOf(picks, i);
      int wanted = -1;
      double best = -1;
      for (int j = 0; j < cloud.size(); j++) {
        Vector3 p = cloud.get(j);
        int at = j;
        double nearest =
            Arrays.stream(taken).mapToDouble(t -> squared(p, cloud.get(t))).min().orElseThrow();
        if (Arrays.stream(taken).noneMatch(t -> t == at) && nearest > best) {
          best = nearest;
          wanted = j;
        }
      }
      assertThat(picks[i]).isEqualTo(wanted);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void chamferDistanceOfTheReference(int i) throws IOException {
    Golden golden = new Golden();
    long[] shapeA = golden.shape("cd" + i + ".a");
    int a = (int) shapeA[1];
    int b = (int) golden.shape("cd" + i + ".b")[1];
    for (int batch = 0; batch < shapeA[0]; batch++) {
      PointCloud left = PointCloud.of(golden.doubles("cd" + i + ".a", 3 * a * batch, 3 * a));
      PointCloud right = PointCloud.of(golden.doubles("cd" + i + ".b", 3 * b * batch, 3 * b));
      Clouds.Chamfer chamfer = Clouds.chamfer(left, right);
      assertThat(chamfer.l1()).isEqualTo(golden.floats("cd" + i + ".cd_p")[batch], within(1e-6));
      assertThat(chamfer.l2()).isEqualTo(golden.floats("cd" + i + ".cd_t")[batch], within(2e-6));
      assertThat(Clouds.squaredDistances(left, right))
          .containsExactly(golden.doubles("cd" + i + ".dist1_a_to_b", a * batch, a), within(2e-6));
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void aPlaneAmongClutter(long seed) {
    Samples random = new Samples(seed);
    RigidTransform pose = random.transform();
    double[] xyz = new double[3 * 800];
    for (int i = 0; i < 800; i++) {
      // 45 % on the plane z = 0 with 1 mm of noise, the others anywhere above it.
      Vector3 p =
          i < 360
              ? new Vector3(random.in(-.5, .5), random.in(-.5, .5), random.gaussian(0.001).z())
              : new Vector3(random.in(-.5, .5), random.in(-.5, .5), random.in(0.02, 0.6));
      Vector3 world = pose.apply(p);
      xyz[3 * i] = world.x();
      xyz[3 * i + 1] = world.y();
      xyz[3 * i + 2] = world.z();
    }
    Plane.Fit fit = Plane.ransac(PointCloud.of(xyz), 0.006, seed);
    Vector3 up = pose.rotate(new Vector3(0, 0, 1));
    Vector3 above = pose.apply(new Vector3(0, 0, 1));
    Plane plane = fit.plane().facing(above);
    assertThat(plane.normal().dot(up)).isGreaterThan(Math.cos(Math.toRadians(0.1)));
    assertThat(plane.distance(pose.translation())).isEqualTo(0, within(5e-4));
    assertThat(plane.distance(above)).isEqualTo(1, within(1e-3));
    assertThat(fit.inliers()).hasSize(360);
    Plane.Fit again = Plane.ransac(PointCloud.of(xyz), 0.006, seed);
    assertThat(again.plane()).isEqualTo(fit.plane());
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void theBoxOfABox(long seed) {
    Samples random = new Samples(seed);
    RigidTransform pose = random.transform();
    Vector3 size = new Vector3(0.3, 0.2, 0.1);
    double[] xyz = new double[3 * 8 * 27];
    int n = 0;
    for (int i = 0; i < 216; i++) {
      Vector3 p =
          new Vector3(
              size.x() * (i % 6 / 5.0 - 0.5),
              size.y() * (i / 6 % 6 / 5.0 - 0.5),
              size.z() * (i / 36 / 5.0 - 0.5));
      Vector3 world = pose.apply(p);
      xyz[n++] = world.x();
      xyz[n++] = world.y();
      xyz[n++] = world.z();
    }
    OrientedBox box = OrientedBox.of(PointCloud.of(xyz));
    assertThat(box.size().distance(size)).isLessThan(1e-12);
    assertThat(box.worldFromBox().translation().distance(pose.translation())).isLessThan(1e-12);
    assertThat(box.contains(pose.apply(new Vector3(0.149, 0.099, -0.049)), 0)).isTrue();
    assertThat(box.contains(pose.apply(new Vector3(0.151, 0, 0)), 0)).isFalse();
    assertThat(box.contains(pose.apply(new Vector3(0.151, 0, 0)), 0.002)).isTrue();
  }

  @Test
  void normalsOfASphereFaceTheViewer() {
    double[] xyz = new double[3 * 2000];
    for (int i = 0; i < 2000; i++) {
      // Fibonacci's spiral.
      double z = 1 - (2 * i + 1) / 2000.0;
      double angle = i * Math.PI * (3 - Math.sqrt(5));
      xyz[3 * i] = Math.sqrt(1 - z * z) * Math.cos(angle);
      xyz[3 * i + 1] = Math.sqrt(1 - z * z) * Math.sin(angle);
      xyz[3 * i + 2] = z;
    }
    PointCloud sphere = PointCloud.of(xyz);
    Vector3 viewpoint = new Vector3(0, 0, 100);
    List<Vector3> normals = Clouds.normals(sphere, 12, viewpoint);
    for (int i = 0; i < 2000; i++) {
      Vector3 p = sphere.get(i);
      double cosine = normals.get(i).dot(p);
      assertThat(Math.abs(cosine)).isGreaterThan(0.995);
      if (Math.abs(p.z()) > 0.1) {
        assertThat(cosine > 0).isEqualTo(p.z() > 0);
      }
    }
  }

  @Test
  void flyingPixelsGo() {
    Samples random = new Samples(5);
    double[] xyz = new double[3 * 510];
    for (int i = 0; i < xyz.length; i++) {
      xyz[i] = random.in(0.0, i < 1500 ? 0.1 : 1.0) + (i < 1500 ? 0 : 0.2);
    }
    int[] kept = Clouds.withoutOutliers(PointCloud.of(xyz), 20, 2);
    assertThat(Arrays.stream(kept).filter(i -> i >= 500).count()).isZero();
    assertThat(kept.length).isGreaterThanOrEqualTo(490);
  }

  @Test
  void oneMeanPerVoxel() {
    PointCloud cloud =
        PointCloud.of(
            new double[] {0.1, 0.1, 0.1, 0.3, 0.1, 0.1, -0.1, 0, 0, 0.9, 0.9, 0.9},
            new byte[] {10, 0, 0, 20, 0, (byte) 200, 1, 2, 3, 30, 0, (byte) 220});
    PointCloud voxels = Clouds.voxelGrid(cloud, 1);
    assertThat(voxels.toArray())
        .containsExactly(new double[] {1.3 / 3, 1.1 / 3, 1.1 / 3, -0.1, 0, 0}, within(1e-15));
    assertThat(voxels.colours()).containsExactly(20, 0, 140, 1, 2, 3);
  }

  @Test
  void aDepthMapBecomesTheCloudItCameFrom() {
    Samples random = new Samples(9);
    Camera camera = new Camera(Intrinsics.of(20, 20, 4, 3, 8, 6), random.transform());
    float[] depth = new float[48];
    Arrays.fill(depth, 1.5f);
    depth[0] = 0;
    depth[47] = 3;
    byte[] rgb = new byte[144];
    rgb[3] = 7;
    PointCloud cloud = PointCloud.of(DepthImage.of(depth, 8, 6), camera, 2, rgb);
    assertThat(cloud.size()).isEqualTo(46);
    assertThat(cloud.get(0).distance(camera.unproject(Pixel.centre(1, 0), 1.5))).isZero();
    assertThat(cloud.colours()).startsWith(7, 0, 0);
    PointCloud local = cloud.transformed(camera.cameraFromWorld());
    assertThat(local.get(3).z()).isEqualTo(1.5, within(1e-12));
  }

  @Test
  void badInputIsRefused() {
    assertThatThrownBy(() -> PointCloud.of(new double[] {0, 0, Double.NaN}))
        .isInstanceOf(GeometryException.class)
        .hasMessageContaining("point 0");
    assertThatThrownBy(() -> PointCloud.of(new double[4])).hasMessageContaining("got 4");
    PointCloud line = PointCloud.of(new double[] {0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3});
    assertThatThrownBy(() -> Plane.ransac(line, 0.01, 0)).hasMessageContaining("line");
    assertThatThrownBy(() -> Clouds.farthestPoints(line, 5, 0)).hasMessageContaining("5");
    assertThatThrownBy(() -> new KdTree(line).nearest(Vector3.ZERO, 5)).hasMessageContaining("5");
    assertThatThrownBy(() -> Clouds.chamfer(line, PointCloud.of(new double[0])))
        .hasMessageContaining("empty");
  }
}
