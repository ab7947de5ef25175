package io.github.vla3d.perception.depth;

import java.util.Arrays;
import java.util.List;

/**
 * The plane on which things stand. Its height is common to all views; each view corrects height and
 * tilt by its own points, which takes out most of what a calibration is off.
 */
final class Support {
  private static final double BIN = 0.005;
  private static final int BINS = 1600;
  private static final double BOTTOM = -4;
  private static final double FIT = 0.02;

  /** Share of the points in reach that a support has at least. */
  private static final double SHARE = 0.06;

  /** z = a x + b y + c. */
  record Fit(double a, double b, double c, double sigma, int points) {
    double at(double x, double y) {
      return a * x + b * y + c;
    }
  }

  private Support() {}

  /**
   * The height of the main support among points in reach; NaN if there is none.
   *
   * @param reach at [0], [1] the middle and at [2] the radius of what matters, metres
   */
  static double height(List<SeenPoints> views, double[] reach) {
    int[] counts = new int[BINS];
    long all = 0;
    for (SeenPoints v : views) {
      for (int i = 0; i < v.pixels; i++) {
        if (v.depth[i] > 0 && inReach(v, i, reach)) {
          int bin = (int) ((v.z[i] - BOTTOM) / BIN);
          if (bin >= 0 && bin < BINS) {
            counts[bin]++;
            all++;
          }
        }
      }
    }
    int best = -1;
    long most = 0;
    for (int b = 1; b + 1 < BINS; b++) {
      long n = (long) counts[b - 1] + counts[b] + counts[b + 1];
      if (n > most) {
        most = n;
        best = b;
      }
    }
    return best < 0 || most < SHARE * all || most < 50 ? Double.NaN : BOTTOM + (best + 0.5) * BIN;
  }

  static boolean inReach(SeenPoints v, int i, double[] reach) {
    double dx = v.x[i] - reach[0];
    double dy = v.y[i] - reach[1];
    return dx * dx + dy * dy <= reach[2] * reach[2];
  }

  /** The plane of one view near a height, by trimmed least squares; null if it shows too little. */
  static @org.jspecify.annotations.Nullable Fit fit(
      SeenPoints v, double height, double[] reach, boolean[] skip) {
    double a = 0;
    double b = 0;
    double c = height;
    double band = FIT;
    double sigma = band;
    int used = 0;
    float[] rest = new float[v.pixels];
    for (int round = 0; round < 4; round++) {
      double sxx = 0;
      double sxy = 0;
      double syy = 0;
      double sx = 0;
      double sy = 0;
      double sz = 0;
      double sxz = 0;
      double syz = 0;
      int n = 0;
      for (int i = 0; i < v.pixels; i++) {
        if (!(v.depth[i] > 0) || skip[i] || !inReach(v, i, reach)) {
          continue;
        }
        double x = v.x[i] - reach[0];
        double y = v.y[i] - reach[1];
        double z = v.z[i] - height;
        if (Math.abs(z - (a * x + b * y + c - height)) > band) {
          continue;
        }
        n++;
        sx += x;
        sy += y;
        sz += z;
        sxx += x * x;
        sxy += x * y;
        syy += y * y;
        sxz += x * z;
        syz += y * z;
      }
      if (n < Math.max(100, v.pixels / 100)) {
        return null;
      }
      double mx = sx / n;
      double my = sy / n;
      double mz = sz / n;
      double cxx = sxx / n - mx * mx;
      double cxy = sxy / n - mx * my;
      double cyy = syy / n - my * my;
      double det = cxx * cyy - cxy * cxy;
      // A narrow strip says nothing about the tilt across it.
      if (Math.min(cxx, cyy) > 0.0025 && det > 1e-6) {
        double cxz = sxz / n - mx * mz;
        double cyz = syz / n - my * mz;
        a = (cyy * cxz - cxy * cyz) / det;
        b = (cxx * cyz - cxy * cxz) / det;
      } else {
        a = 0;
        b = 0;
      }
      c = mz + height - a * mx - b * my;
      int m = 0;
      for (int i = 0; i < v.pixels; i++) {
        if (v.depth[i] > 0 && !skip[i] && inReach(v, i, reach)) {
          double r = v.z[i] - (a * (v.x[i] - reach[0]) + b * (v.y[i] - reach[1]) + c);
          if (Math.abs(r) <= band) {
            rest[m++] = (float) Math.abs(r);
          }
        }
      }
      if (m == 0) {
        return null;
      }
      Arrays.sort(rest, 0, m);
      sigma = 1.4826 * rest[m / 2];
      used = m;
      band = Math.max(0.003, Math.min(FIT, 3.5 * sigma));
    }
    return new Fit(a, b, c - a * reach[0] - b * reach[1], sigma, used);
  }
}
