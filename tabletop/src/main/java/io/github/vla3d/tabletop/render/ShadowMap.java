package io.github.vla3d.tabletop.render;

import io.github.vla3d.geometry.Vector3;
import org.jspecify.annotations.Nullable;

/** How far the lamp sees, on a grid across its light over the table. */
final class ShadowMap {
  static final int SIZE = 384;

  /** What the map covers, metres. */
  private static final double EXTENT = 1.5;

  private static final double PER_METRE = SIZE / EXTENT;

  /** Surfaces may lie so much behind what the lamp sees and still be lit, metres. */
  private static final float BIAS = 0.005f;

  /** Makes the sums that the rasterizer compares positive. */
  private static final double FAR = 10;

  private final Rasterizer raster = new Rasterizer(SIZE, SIZE, null);
  private final double[] axes = new double[9];
  private final double[] middle;
  private float[] points = new float[0];

  // What rests is drawn once, below what moves.
  private @Nullable Scene scene;
  private @Nullable Light light;
  private Resting resting = new Resting();
  private final float[] layer = new float[SIZE * SIZE];

  /** Counts the maps. */
  long version;

  /** Where this map may be another than the one before. */
  final Spans changed = new Spans(SIZE);

  /** Map coordinates of a place in the world: column, row, and distance towards the lamp. */
  final double[] matrix = new double[12];

  ShadowMap(Vector3 middle) {
    this.middle = new double[] {middle.x(), middle.y(), middle.z()};
  }

  void draw(Scene now) {
    version++;
    if (now != scene || !now.light().equals(light)) {
      scene = now;
      light = now.light();
      resting = new Resting();
      orient(now.light().toLamp());
    }
    changed.clear();
    if (resting.update(now)) {
      changed.addAll(raster.drawn);
      raster.restore(layer, raster.triangle);
    } else {
      raster.clear();
      draw(now, true);
      System.arraycopy(raster.nearest, 0, layer, 0, layer.length);
      changed.fill(SIZE);
    }
    raster.drawn.clear();
    draw(now, false);
    changed.addAll(raster.drawn);
  }

  private void draw(Scene now, boolean rests) {
    for (int i = 0; i < now.items.size(); i++) {
      Scene.Item item = now.items.get(i);
      if (item.shadow && resting.rests(i) == rests) {
        draw(item);
      }
    }
  }

  private void orient(Vector3 toLamp) {
    Vector3 x = new Vector3(0, 1, 0).cross(toLamp).normalized();
    Vector3 y = toLamp.cross(x);
    Vector3[] rows = {x, y, toLamp};
    for (int i = 0; i < 3; i++) {
      axes[3 * i] = rows[i].x();
      axes[3 * i + 1] = rows[i].y();
      axes[3 * i + 2] = rows[i].z();
    }
    for (int i = 0; i < 3; i++) {
      double k = i < 2 ? PER_METRE : 1;
      double shift = i < 2 ? SIZE / 2.0 : FAR;
      for (int j = 0; j < 3; j++) {
        matrix[4 * i + j] = k * axes[3 * i + j];
        shift -= k * axes[3 * i + j] * middle[j];
      }
      matrix[4 * i + 3] = shift;
    }
  }

  private void draw(Scene.Item item) {
    Mesh mesh = item.mesh;
    int n = mesh.vertices();
    if (points.length < 3 * n) {
      points = new float[3 * n];
    }
    double[] m = new double[12];
    for (int i = 0; i < 3; i++) {
      m[4 * i + 3] = matrix[4 * i + 3];
      for (int j = 0; j < 3; j++) {
        m[4 * i + j] =
            matrix[4 * i] * item.rotation[j]
                + matrix[4 * i + 1] * item.rotation[3 + j]
                + matrix[4 * i + 2] * item.rotation[6 + j];
        m[4 * i + 3] += matrix[4 * i + j] * item.translation[j];
      }
    }
    double r = mesh.radius * PER_METRE;
    if (m[3] + r < 0 || m[3] - r > SIZE || m[7] + r < 0 || m[7] - r > SIZE) {
      return;
    }
    float[] p = mesh.positions;
    for (int v = 0; v < 3 * n; v += 3) {
      for (int i = 0; i < 3; i++) {
        points[v + i] =
            (float)
                (m[4 * i] * p[v]
                    + m[4 * i + 1] * p[v + 1]
                    + m[4 * i + 2] * p[v + 2]
                    + m[4 * i + 3]);
      }
    }
    int[] t = mesh.triangles;
    for (int k = 0; k < t.length; k += 3) {
      int a = 3 * t[k];
      int b = 3 * t[k + 1];
      int c = 3 * t[k + 2];
      double ux = points[b] - points[a];
      double uy = points[b + 1] - points[a + 1];
      double vx = points[c] - points[a];
      double vy = points[c + 1] - points[a + 1];
      double area = ux * vy - uy * vx;
      if (area <= 1e-9) {
        continue;
      }
      double uz = points[b + 2] - points[a + 2];
      double vz = points[c + 2] - points[a + 2];
      double dx = (uz * vy - vz * uy) / area;
      double dy = (vz * ux - uz * vx) / area;
      raster.fill(
          points[a],
          points[a + 1],
          points[b],
          points[b + 1],
          points[c],
          points[c + 1],
          dx,
          dy,
          points[a + 2] - dx * points[a] - dy * points[a + 1],
          0);
    }
  }

  /** Whether the map says something about a place. */
  static boolean covers(double u, double v) {
    return u >= 0 && u < SIZE - 1 && v >= 0 && v < SIZE - 1;
  }

  /**
   * Share of the lamp that a place sees, 0 to 1; all of it outside the map.
   *
   * @param u the place's column on the map, by {@link #matrix}
   * @param v its row
   * @param depth how far towards the lamp it is
   */
  float lit(double u, double v, double depth) {
    if (!covers(u, v)) {
      return 1;
    }
    float limit = (float) depth + BIAS;
    int i = (int) u;
    int j = (int) v;
    int at = j * SIZE + i;
    float[] near = raster.nearest;
    float a = near[at] > limit ? 0 : 1;
    float b = near[at + 1] > limit ? 0 : 1;
    float c = near[at + SIZE] > limit ? 0 : 1;
    float d = near[at + SIZE + 1] > limit ? 0 : 1;
    if (a == b && c == d && a == c) {
      return a;
    }
    float fu = (float) (u - i);
    float fv = (float) (v - j);
    float upper = a + fu * (b - a);
    float lower = c + fu * (d - c);
    return upper + fv * (lower - upper);
  }
}
