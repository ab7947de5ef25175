package io.github.vla3d.perception.depth;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Which tracks of an episode are one thing, and makes one of them. */
final class SameThings {
  /** Thickness of what can be one thing seen from both sides, along x and y, metres. */
  private static final double BACK_GAP = 0.035;

  /** Tops that differ by less are equally high, metres. */
  private static final double SAME_TOP = 0.008;

  private final DepthParameters p;
  private final List<ObjectModel> models;

  /** Per pair of tracks: views in which they hung together, and were apart. */
  private final Map<Long, double[]> borders = new HashMap<>();

  /**
   * @param models the tracks, which lose those that are of another one
   */
  SameThings(DepthParameters parameters, List<ObjectModel> models) {
    this.p = parameters;
    this.models = models;
  }

  /** A view shows two tracks hanging together. */
  void together(int a, int b) {
    ballot(a, b)[0]++;
  }

  /** A view shows two tracks apart from each other. */
  void apart(int a, int b) {
    ballot(a, b)[1]++;
  }

  /** Views in which two tracks hung together, and were apart. */
  private double[] ballot(int a, int b) {
    int low = Math.min(models.get(a).id, models.get(b).id);
    int high = Math.max(models.get(a).id, models.get(b).id);
    return borders.computeIfAbsent(((long) low << 32) | high, k -> new double[2]);
  }

  /** Makes one of tracks that views show hanging together and nearly none shows apart. */
  void merge(List<SeenPoints> views) {
    for (Map.Entry<Long, double[]> entry : new TreeMap<>(borders).entrySet()) {
      double[] count = entry.getValue();
      if (count[0] < 1 || count[0] < 4 * count[1]) {
        continue;
      }
      int a = index((int) (entry.getKey() >> 32));
      int b = index((int) (long) entry.getKey());
      if (a < 0 || b < 0 || models.get(a).moved || models.get(b).moved) {
        continue;
      }
      models.get(a).absorb(models.get(b));
      drop(b, a, views);
      borders.remove(entry.getKey());
    }
  }

  /**
   * Parts of one thing that cuts took apart: equally high, side by side, of one colour or one in
   * the other.
   */
  void join(List<SeenPoints> views) {
    for (int a = 0; a < models.size(); a++) {
      int b = a + 1;
      while (b < models.size()) {
        if (parts(models.get(a), models.get(b), views)) {
          models.get(a).absorb(models.get(b));
          drop(b, a, views);
        } else {
          b++;
        }
      }
    }
  }

  private boolean parts(ObjectModel one, ObjectModel two, List<SeenPoints> views) {
    if (Math.min(one.age, two.age) > 3 || one.moved || two.moved) {
      return false;
    }
    double[] p1 = one.box(0.002, 0.03);
    double[] p2 = two.box(0.002, 0.03);
    if (p1 == null || p2 == null) {
      return false;
    }
    if (Math.abs(p1[5] - p2[5]) > SAME_TOP) {
      return backOf(one, two, p1, p2, views) || backOf(two, one, p2, p1, views);
    }
    double inside = Math.max(inside(p1, p2), inside(p2, p1));
    if (inside < 0.85 && one.colourDistance(two) > (inside > 0.5 ? 80 : 40)) {
      return false;
    }
    return one.distance(two, 0.045) <= (inside > 0.5 ? 0.04 : 0.022);
  }

  /** Whether the second thing is what the first one hides of itself from the views that show it. */
  private boolean backOf(
      ObjectModel front, ObjectModel back, double[] p1, double[] p2, List<SeenPoints> views) {
    if (p2[5] > p1[5] + SAME_TOP || gap(p1, p2, 0) > BACK_GAP || gap(p1, p2, 1) > BACK_GAP) {
      return false;
    }
    int a = models.indexOf(front);
    int b = models.indexOf(back);
    double[] at = new double[1];
    int hidden = 0;
    int asked = 0;
    for (SeenPoints v : views) {
      int ofFront = 0;
      int ofBack = 0;
      for (int i = 0; i < v.pixels; i++) {
        ofFront += v.label[i] == a ? 1 : 0;
        ofBack += v.label[i] == b ? 1 : 0;
      }
      double least = p.minSeen() * v.scale * v.scale;
      if (ofFront < least) {
        continue;
      }
      if (ofBack > 0) {
        return false; // both are seen: they are two
      }
      for (int i = 0; i < back.size; i++) {
        if (back.seen[i] == 0) {
          continue;
        }
        double[] w = back.world(i);
        int pixel = v.project(w[0], w[1], w[2], at);
        asked++;
        if (pixel >= 0 && v.label[pixel] == a && v.depth[pixel] < at[0]) {
          hidden++;
        }
      }
    }
    return asked > 0 && hidden >= 0.7 * asked;
  }

  private static double gap(double[] a, double[] b, int axis) {
    return Math.max(a[axis], b[axis]) - Math.min(a[3 + axis], b[3 + axis]);
  }

  /** Share of the ground of the first box that the second one covers. */
  private static double inside(double[] a, double[] b) {
    double w = Math.min(a[3], b[3]) - Math.max(a[0], b[0]);
    double h = Math.min(a[4], b[4]) - Math.max(a[1], b[1]);
    double area = (a[3] - a[0]) * (a[4] - a[1]);
    return w <= 0 || h <= 0 || area <= 0 ? 0 : w * h / area;
  }

  private int index(int id) {
    for (int m = 0; m < models.size(); m++) {
      if (models.get(m).id == id) {
        return m;
      }
    }
    return -1;
  }

  private void drop(int gone, int into, List<SeenPoints> views) {
    models.remove(gone);
    for (SeenPoints v : views) {
      for (int i = 0; i < v.pixels; i++) {
        if (v.label[i] == gone) {
          v.label[i] = into > gone ? into - 1 : into;
        } else if (v.label[i] > gone) {
          v.label[i]--;
        }
      }
    }
  }
}
