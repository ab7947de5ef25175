package io.github.vla3d.perception.depth;

import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What is known of one thing: its points, in the world as it was when first seen, and its pose. */
final class ObjectModel {
  /** Edge of the cells in which points are looked up, metres. */
  private static final double BLOCK = 0.02;

  final int id;
  final int born;
  int lastSeen;
  boolean moved;
  boolean held;

  /** Whether no pose explains the depth now. */
  boolean lost;

  /** Running mean of how well its pose explained the depth. */
  double quality;

  /** Frames in which it had pixels. */
  int age;

  /** Height of what it stands on, where it was first seen. */
  double floor;

  RigidTransform pose = RigidTransform.identity();
  private double[] m = pose.toRowMajor();
  private double[] inverse = pose.toRowMajor();

  /** Sums of the colour channels of its pixels, and their number. */
  final double[] colour = new double[4];

  private final double cell;
  int size;
  float[] x = new float[256];
  float[] y = new float[256];
  float[] z = new float[256];

  /** How often each point was seen; 0 if it was carved away. */
  int[] seen = new int[256];

  private long[] voxel = new long[256];
  private int[] next = new int[256];
  private long[] keys = new long[256];
  private int[] first = new int[256];
  private int blocks;

  /** Box around the points, in the frame of the model, for quick refusal. */
  final double[] low = {1e9, 1e9, 1e9};

  final double[] high = {-1e9, -1e9, -1e9};

  private double @Nullable [] box;
  private boolean boxKnown;

  ObjectModel(int id, int born, double cell, double floor) {
    this.id = id;
    this.born = born;
    this.lastSeen = born;
    this.cell = cell;
    this.floor = floor;
    Arrays.fill(first, -1);
  }

  void place(RigidTransform worldFromModel) {
    pose = worldFromModel;
    m = pose.toRowMajor();
    inverse = pose.inverse().toRowMajor();
  }

  private static long key(double x, double y, double z, double edge) {
    long a = (long) Math.floor(x / edge) + (1 << 20);
    long b = (long) Math.floor(y / edge) + (1 << 20);
    long c = (long) Math.floor(z / edge) + (1 << 20);
    return a << 42 | b << 21 | c;
  }

  private int slot(long key) {
    int mask = keys.length - 1;
    long h = key * 0x9E3779B97F4A7C15L;
    int s = (int) (h >>> 40) & mask;
    while (first[s] >= 0 && keys[s] != key) {
      s = s + 1 & mask;
    }
    return s;
  }

  /** Adds a point of the world. */
  void add(double wx, double wy, double wz) {
    double px = inverse[0] * wx + inverse[1] * wy + inverse[2] * wz + inverse[3];
    double py = inverse[4] * wx + inverse[5] * wy + inverse[6] * wz + inverse[7];
    double pz = inverse[8] * wx + inverse[9] * wy + inverse[10] * wz + inverse[11];
    addLocal(px, py, pz, 1);
  }

  private void addLocal(double px, double py, double pz, int times) {
    boxKnown = false;
    long block = key(px, py, pz, BLOCK);
    int s = slot(block);
    long fine = key(px, py, pz, cell);
    for (int i = first[s]; i >= 0; i = next[i]) {
      if (voxel[i] == fine) {
        if (seen[i] == 0) {
          x[i] = (float) px;
          y[i] = (float) py;
          z[i] = (float) pz;
          seen[i] = times;
        } else {
          double weight = 1.0 / Math.min(32, seen[i] + 1);
          x[i] += (float) (weight * (px - x[i]));
          y[i] += (float) (weight * (py - y[i]));
          z[i] += (float) (weight * (pz - z[i]));
          seen[i] = Math.min(1 << 20, seen[i] + times);
        }
        widen(px, py, pz);
        return;
      }
    }
    if (size == x.length) {
      grow();
    }
    x[size] = (float) px;
    y[size] = (float) py;
    z[size] = (float) pz;
    seen[size] = times;
    voxel[size] = fine;
    if (first[s] < 0) {
      keys[s] = block;
      blocks++;
    }
    next[size] = first[s];
    first[s] = size++;
    widen(px, py, pz);
    if (2 * blocks > keys.length) {
      rehash();
    }
  }

  private void widen(double px, double py, double pz) {
    low[0] = Math.min(low[0], px);
    low[1] = Math.min(low[1], py);
    low[2] = Math.min(low[2], pz);
    high[0] = Math.max(high[0], px);
    high[1] = Math.max(high[1], py);
    high[2] = Math.max(high[2], pz);
  }

  private void grow() {
    int n = 2 * size;
    x = Arrays.copyOf(x, n);
    y = Arrays.copyOf(y, n);
    z = Arrays.copyOf(z, n);
    seen = Arrays.copyOf(seen, n);
    voxel = Arrays.copyOf(voxel, n);
    next = Arrays.copyOf(next, n);
  }

  private void rehash() {
    keys = new long[2 * keys.length];
    first = new int[keys.length];
    Arrays.fill(first, -1);
    for (int i = 0; i < size; i++) {
      long block = key(x[i], y[i], z[i], BLOCK);
      int s = slot(block);
      keys[s] = block;
      next[i] = first[s];
      first[s] = i;
    }
  }

  /** Takes over the points of another model. */
  void absorb(ObjectModel other) {
    for (int i = 0; i < other.size; i++) {
      if (other.seen[i] > 0) {
        double[] p = other.world(i);
        double px = inverse[0] * p[0] + inverse[1] * p[1] + inverse[2] * p[2] + inverse[3];
        double py = inverse[4] * p[0] + inverse[5] * p[1] + inverse[6] * p[2] + inverse[7];
        double pz = inverse[8] * p[0] + inverse[9] * p[1] + inverse[10] * p[2] + inverse[11];
        addLocal(px, py, pz, other.seen[i]);
      }
    }
    for (int c = 0; c < 4; c++) {
      colour[c] += other.colour[c];
    }
    age = Math.max(age, other.age);
    floor = Math.min(floor, other.floor);
  }

  /** Largest difference of a channel of the mean colours. */
  double colourDistance(ObjectModel other) {
    double d = 0;
    for (int c = 0; c < 3; c++) {
      d = Math.max(d, Math.abs(colour[c] / colour[3] - other.colour[c] / other.colour[3]));
    }
    return d;
  }

  /** Distance between the nearest points of two models, up to a limit. */
  double distance(ObjectModel other, double limit) {
    double best = limit * limit;
    int step = Math.max(1, size / 400);
    int otherStep = Math.max(1, other.size / 400);
    for (int i = 0; i < other.size; i += otherStep) {
      if (other.seen[i] == 0) {
        continue;
      }
      double[] w = other.world(i);
      double px = inverse[0] * w[0] + inverse[1] * w[1] + inverse[2] * w[2] + inverse[3];
      double py = inverse[4] * w[0] + inverse[5] * w[1] + inverse[6] * w[2] + inverse[7];
      double pz = inverse[8] * w[0] + inverse[9] * w[1] + inverse[10] * w[2] + inverse[11];
      for (int j = 0; j < size; j += step) {
        if (seen[j] > 0) {
          double dx = px - x[j];
          double dy = py - y[j];
          double dz = pz - z[j];
          best = Math.min(best, dx * dx + dy * dy + dz * dz);
        }
      }
    }
    return Math.sqrt(best);
  }

  /** Middle of its points' box, in its own frame. */
  Vector3 middle() {
    return new Vector3((low[0] + high[0]) / 2, (low[1] + high[1]) / 2, (low[2] + high[2]) / 2);
  }

  void remove(int i) {
    boxKnown = false;
    seen[i] = 0;
  }

  int alive() {
    int n = 0;
    for (int i = 0; i < size; i++) {
      n += seen[i] > 0 ? 1 : 0;
    }
    return n;
  }

  double[] world(int i) {
    return new double[] {
      m[0] * x[i] + m[1] * y[i] + m[2] * z[i] + m[3],
      m[4] * x[i] + m[5] * y[i] + m[6] * z[i] + m[7],
      m[8] * x[i] + m[9] * y[i] + m[10] * z[i] + m[11]
    };
  }

  /** Squared distance from a point of the world to the nearest of its points, up to a limit. */
  double nearest(double wx, double wy, double wz, double limit) {
    double px = inverse[0] * wx + inverse[1] * wy + inverse[2] * wz + inverse[3];
    double py = inverse[4] * wx + inverse[5] * wy + inverse[6] * wz + inverse[7];
    double pz = inverse[8] * wx + inverse[9] * wy + inverse[10] * wz + inverse[11];
    double best = limit * limit;
    if (px < low[0] - limit
        || py < low[1] - limit
        || pz < low[2] - limit
        || px > high[0] + limit
        || py > high[1] + limit
        || pz > high[2] + limit) {
      return best;
    }
    best = within(px, py, pz, key(px, py, pz, BLOCK), best);
    if (best <= cell * cell) {
      return best;
    }
    int reach = (int) Math.ceil(limit / BLOCK);
    for (int dx = -reach; dx <= reach; dx++) {
      double gx = gap(px, dx);
      for (int dy = -reach; dy <= reach; dy++) {
        double gy = gap(py, dy);
        for (int dz = -reach; dz <= reach; dz++) {
          double gz = gap(pz, dz);
          if ((dx != 0 || dy != 0 || dz != 0) && gx * gx + gy * gy + gz * gz < best) {
            best =
                within(
                    px,
                    py,
                    pz,
                    key(px + dx * BLOCK, py + dy * BLOCK, pz + dz * BLOCK, BLOCK),
                    best);
          }
        }
      }
    }
    return best;
  }

  /** Distance to a block, counted from the one of a coordinate, along an axis. */
  private static double gap(double p, int block) {
    double in = p - Math.floor(p / BLOCK) * BLOCK;
    return block == 0 ? 0 : block < 0 ? in - (block + 1) * BLOCK : block * BLOCK - in;
  }

  private double within(double px, double py, double pz, long block, double limit) {
    double best = limit;
    for (int i = first[slot(block)]; i >= 0; i = next[i]) {
      if (seen[i] > 0) {
        double dx = px - x[i];
        double dy = py - y[i];
        double dz = pz - z[i];
        best = Math.min(best, dx * dx + dy * dy + dz * dz);
      }
    }
    return best;
  }

  /**
   * The box of its points in its own frame, from what it stood on to its top.
   *
   * @return low and high corner, or null without points
   */
  double @Nullable [] box(double trim, double floorReach) {
    if (!boxKnown) {
      box = findBox(trim, floorReach);
      boxKnown = true;
    }
    return box;
  }

  private double @Nullable [] findBox(double trim, double floorReach) {
    float[] values = new float[size];
    double[] found = new double[6];
    for (int a = 0; a < 3; a++) {
      float[] of = a == 0 ? x : a == 1 ? y : z;
      int n = 0;
      for (int i = 0; i < size; i++) {
        if (seen[i] > 0) {
          values[n++] = of[i];
        }
      }
      if (n == 0) {
        return null;
      }
      Arrays.sort(values, 0, n);
      int drop = (int) (trim * n);
      found[a] = values[drop];
      found[3 + a] = values[n - 1 - drop];
    }
    if (found[2] - floor < floorReach) {
      found[2] = Math.min(floor, found[5]);
    }
    return found;
  }

  Vector3 centre(double[] box) {
    return pose.apply(
        new Vector3((box[0] + box[3]) / 2, (box[1] + box[4]) / 2, (box[2] + box[5]) / 2));
  }

  /** Edges along the axes of the world of the box turned with the thing. */
  Vector3 extent(double[] box) {
    double[] r = pose.rotation();
    double[] e = new double[3];
    for (int a = 0; a < 3; a++) {
      for (int b = 0; b < 3; b++) {
        e[a] += Math.abs(r[3 * a + b]) * (box[3 + b] - box[b]);
      }
    }
    return new Vector3(e[0], e[1], e[2]);
  }
}
