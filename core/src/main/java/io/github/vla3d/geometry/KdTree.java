package io.github.vla3d.geometry;

import java.util.Arrays;

/**
 * Nearest neighbours among fixed points. Equal distances go to the lower index, so that results do
 * not depend on how the tree was built. Safe to use from several threads.
 */
public final class KdTree {
  private static final int LEAF = 12;

  private final double[] xyz;
  // Indices of the points. Every subtree is a range of it, split at its middle along axis[middle].
  private final int[] order;
  private final byte[] axis;

  public KdTree(PointCloud cloud) {
    xyz = cloud.coordinates();
    order = new int[cloud.size()];
    axis = new byte[order.length];
    for (int i = 0; i < order.length; i++) {
      order[i] = i;
    }
    build(0, order.length);
  }

  /**
   * The nearest point.
   *
   * @throws GeometryException if the cloud is empty
   */
  public int nearest(Vector3 query) {
    return nearest(query, 1)[0];
  }

  /**
   * The k nearest points, by distance and then index.
   *
   * @throws GeometryException if the cloud has fewer than k points
   */
  public int[] nearest(Vector3 query, int k) {
    if (k < 1 || k > order.length) {
      throw new GeometryException(
          "neighbours: wanted 1 to " + order.length + " (the cloud's points), got " + k);
    }
    Best best = new Best(query, k);
    search(best, 0, order.length);
    return best.index;
  }

  /** All points at a distance of at most radius, by ascending index. */
  public int[] within(Vector3 query, double radius) {
    Ball ball = new Ball(query, radius * radius);
    search(ball, 0, order.length);
    int[] found = Arrays.copyOf(ball.index, ball.size);
    Arrays.sort(found);
    return found;
  }

  double squaredDistance(Vector3 query, int i) {
    double dx = query.x() - xyz[3 * i];
    double dy = query.y() - xyz[3 * i + 1];
    double dz = query.z() - xyz[3 * i + 2];
    return dx * dx + dy * dy + dz * dz;
  }

  private void build(int from, int to) {
    if (to - from <= LEAF) {
      return;
    }
    int widest = widest(from, to);
    int middle = (from + to) >>> 1;
    select(from, to - 1, middle, widest);
    axis[middle] = (byte) widest;
    build(from, middle);
    build(middle + 1, to);
  }

  private int widest(int from, int to) {
    int widest = 0;
    double spread = -1;
    for (int a = 0; a < 3; a++) {
      double low = Double.POSITIVE_INFINITY;
      double high = Double.NEGATIVE_INFINITY;
      for (int i = from; i < to; i++) {
        double value = xyz[3 * order[i] + a];
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
      if (high - low > spread) {
        spread = high - low;
        widest = a;
      }
    }
    return widest;
  }

  /** Quickselect (Hoare): no value left of k is larger, none right of it smaller. */
  private void select(int left, int right, int k, int a) {
    while (left < right) {
      double pivot = xyz[3 * order[k] + a];
      int i = left;
      int j = right;
      while (i <= j) {
        while (xyz[3 * order[i] + a] < pivot) {
          i++;
        }
        while (xyz[3 * order[j] + a] > pivot) {
          j--;
        }
        if (i <= j) {
          int swap = order[i];
          order[i++] = order[j];
          order[j--] = swap;
        }
      }
      if (j < k) {
        left = i;
      }
      if (k < i) {
        right = j;
      }
    }
  }

  private void search(Found found, int from, int to) {
    if (to - from <= LEAF) {
      for (int i = from; i < to; i++) {
        found.offer(order[i], squaredDistance(found.query, order[i]));
      }
      return;
    }
    int middle = (from + to) >>> 1;
    int point = order[middle];
    int a = axis[middle];
    double gap =
        (a == 0 ? found.query.x() : a == 1 ? found.query.y() : found.query.z())
            - xyz[3 * point + a];
    found.offer(point, squaredDistance(found.query, point));
    if (gap <= 0) {
      search(found, from, middle);
    } else {
      search(found, middle + 1, to);
    }
    // Not strictly: a point at the same distance may have a lower index.
    if (gap * gap <= found.reach()) {
      if (gap <= 0) {
        search(found, middle + 1, to);
      } else {
        search(found, from, middle);
      }
    }
  }

  private abstract static class Found {
    final Vector3 query;

    Found(Vector3 query) {
      this.query = query;
    }

    abstract void offer(int point, double squared);

    abstract double reach();
  }

  private static final class Best extends Found {
    final int[] index;
    final double[] squared;

    Best(Vector3 query, int k) {
      super(query);
      index = new int[k];
      squared = new double[k];
      Arrays.fill(index, Integer.MAX_VALUE);
      Arrays.fill(squared, Double.POSITIVE_INFINITY);
    }

    @Override
    void offer(int point, double distance) {
      int i = index.length - 1;
      if (!before(point, distance, i)) {
        return;
      }
      for (; i > 0 && before(point, distance, i - 1); i--) {
        index[i] = index[i - 1];
        squared[i] = squared[i - 1];
      }
      index[i] = point;
      squared[i] = distance;
    }

    private boolean before(int point, double distance, int i) {
      return distance < squared[i] || (distance == squared[i] && point < index[i]);
    }

    @Override
    double reach() {
      return squared[squared.length - 1];
    }
  }

  private static final class Ball extends Found {
    final double squaredRadius;
    int[] index = new int[16];
    int size;

    Ball(Vector3 query, double squaredRadius) {
      super(query);
      this.squaredRadius = squaredRadius;
    }

    @Override
    void offer(int point, double squared) {
      if (squared <= squaredRadius) {
        if (size == index.length) {
          index = Arrays.copyOf(index, 2 * size);
        }
        index[size++] = point;
      }
    }

    @Override
    double reach() {
      return squaredRadius;
    }
  }

  /** A searcher for many queries in a row. */
  Searcher searcher() {
    return new Searcher();
  }

  /**
   * Answers queries in which equal distances need no order, without making objects. For one thread.
   */
  final class Searcher {
    private double x;
    private double y;
    private double z;
    private double reach;
    private double[] nearest = new double[1];
    private int[] found = new int[0];
    private int size;

    /** Squared distance of the nearest point. */
    double nearest(double qx, double qy, double qz) {
      at(qx, qy, qz, Double.POSITIVE_INFINITY);
      one(0, order.length);
      return reach;
    }

    /** Squared distance of the k-th nearest point. */
    double kth(double qx, double qy, double qz, int k) {
      if (nearest.length != k) {
        nearest = new double[k];
      }
      Arrays.fill(nearest, Double.POSITIVE_INFINITY);
      at(qx, qy, qz, Double.POSITIVE_INFINITY);
      several(0, order.length);
      return reach;
    }

    /** Number of points within the radius; {@link #found} has their indices. */
    int within(double qx, double qy, double qz, double radius) {
      if (found.length == 0) {
        found = new int[order.length];
      }
      size = 0;
      at(qx, qy, qz, radius * radius);
      all(0, order.length);
      return size;
    }

    /** Of the last {@link #within}, in no order; overwritten by the next. */
    int found(int i) {
      return found[i];
    }

    private void at(double qx, double qy, double qz, double squared) {
      x = qx;
      y = qy;
      z = qz;
      reach = squared;
    }

    private double squared(int point) {
      double dx = x - xyz[3 * point];
      double dy = y - xyz[3 * point + 1];
      double dz = z - xyz[3 * point + 2];
      return dx * dx + dy * dy + dz * dz;
    }

    private double gap(int middle) {
      int a = axis[middle];
      return (a == 0 ? x : a == 1 ? y : z) - xyz[3 * order[middle] + a];
    }

    private void one(int from, int to) {
      if (to - from <= LEAF) {
        for (int i = from; i < to; i++) {
          reach = Math.min(reach, squared(order[i]));
        }
        return;
      }
      int middle = (from + to) >>> 1;
      double gap = gap(middle);
      reach = Math.min(reach, squared(order[middle]));
      if (gap <= 0) {
        one(from, middle);
      } else {
        one(middle + 1, to);
      }
      if (gap * gap < reach) {
        if (gap <= 0) {
          one(middle + 1, to);
        } else {
          one(from, middle);
        }
      }
    }

    private void several(int from, int to) {
      if (to - from <= LEAF) {
        for (int i = from; i < to; i++) {
          insert(squared(order[i]));
        }
        return;
      }
      int middle = (from + to) >>> 1;
      double gap = gap(middle);
      insert(squared(order[middle]));
      if (gap <= 0) {
        several(from, middle);
      } else {
        several(middle + 1, to);
      }
      if (gap * gap < reach) {
        if (gap <= 0) {
          several(middle + 1, to);
        } else {
          several(from, middle);
        }
      }
    }

    private void insert(double squared) {
      if (squared >= reach) {
        return;
      }
      int i = nearest.length - 1;
      for (; i > 0 && nearest[i - 1] > squared; i--) {
        nearest[i] = nearest[i - 1];
      }
      nearest[i] = squared;
      reach = nearest[nearest.length - 1];
    }

    private void all(int from, int to) {
      if (to - from <= LEAF) {
        for (int i = from; i < to; i++) {
          if (squared(order[i]) <= reach) {
            found[size++] = order[i];
          }
        }
        return;
      }
      int middle = (from + to) >>> 1;
      double gap = gap(middle);
      if (squared(order[middle]) <= reach) {
        found[size++] = order[middle];
      }
      boolean across = gap * gap <= reach;
      if (gap <= 0 || across) {
        all(from, middle);
      }
      if (gap > 0 || across) {
        all(middle + 1, to);
      }
    }
  }
}
