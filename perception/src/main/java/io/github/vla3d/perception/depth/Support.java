package io.github.vla3d.perception.depth;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The plane on which things stand. Its height is common to all views; each view corrects height and
 * tilt by its own points, which takes out most of what a calibration is off.
 */
final class Support {
  private static final double BIN = 0.005;
  private static final int BINS = 1600;
  private static final double BOTTOM = -4;
  private static final double FIT = 0.02;
  private static final double MODE_BIN = 0.001;
  private static final int MODE_BINS = 22;

  /** Share of the highest mode that a lower one has at least to be the support. */
  private static final double LOWER_MODE = 0.15;

  /** Variance of the points along x and y from which a tilt can be told, square metres. */
  private static final double NARROW = 0.0025;

  /** Most that the support of a view may be tilted, radians. */
  private static final double TILT = 0.02;

  /** Share of the points in reach that a support has at least. */
  private static final double SHARE = 0.06;

  /** Edge of the squares in which the area of a support is counted, metres. */
  private static final double SQUARE = 0.02;

  /** Squares that a support covers at least: the top of a box is none. */
  private static final int SQUARES = 50;

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
    if (best < 0 || most < SHARE * all || most < 50) {
      return Double.NaN;
    }
    double height = BOTTOM + (best + 0.5) * BIN;
    return squares(views, reach, height) < SQUARES ? Double.NaN : height;
  }

  private static int squares(List<SeenPoints> views, double[] reach, double height) {
    Set<Long> squares = new HashSet<>();
    for (SeenPoints v : views) {
      for (int i = 0; i < v.pixels && squares.size() < SQUARES; i++) {
        if (v.depth[i] > 0 && Math.abs(v.z[i] - height) <= 1.5 * BIN && inReach(v, i, reach)) {
          long column = (long) Math.floor(v.x[i] / SQUARE);
          long row = (long) Math.floor(v.y[i] / SQUARE);
          squares.add(column << 32 ^ row & 0xffffffffL);
        }
      }
    }
    return squares.size();
  }

  static boolean inReach(SeenPoints v, int i, double[] reach) {
    double dx = v.x[i] - reach[0];
    double dy = v.y[i] - reach[1];
    return dx * dx + dy * dy <= reach[2] * reach[2];
  }

  /**
   * The plane of one view near a height; null if the view shows too little of it.
   *
   * @param skip pixels that are the robot
   */
  static @Nullable Fit fit(SeenPoints v, double height, double[] reach, boolean[] skip) {
    int[] used = new int[v.pixels];
    int n = 0;
    int[] counts = new int[2 * MODE_BINS + 1];
    for (int i = 0; i < v.pixels; i++) {
      double r = v.z[i] - height;
      if (v.depth[i] > 0 && !skip[i] && Math.abs(r) <= FIT && inReach(v, i, reach)) {
        used[n++] = i;
        counts[MODE_BINS + (int) Math.round(r / MODE_BIN)]++;
      }
    }
    if (n < Math.max(100, v.pixels / 100)) {
      return null;
    }
    double mode = lowestMode(counts);
    double a = 0;
    double b = 0;
    double c = height + mode;
    double band = 0.006;
    double sigma = band;
    double[] rest = new double[n];
    for (int round = 0; round < 5; round++) {
      // Objects lie above: the noise is what is seen of the lower side.
      int m = 0;
      for (int k = 0; k < n; k++) {
        double r = residual(v, used[k], a, b, c, reach);
        if (r < 0) {
          rest[m++] = -r;
        }
      }
      if (m < 20) {
        return null;
      }
      Arrays.sort(rest, 0, m);
      sigma = 1.4826 * rest[m / 2];
      band = Math.max(0.002, Math.min(FIT, (round < 2 ? 4 : 2.5) * sigma));
      double[] plane = leastSquares(v, used, n, a, b, c, band, reach, round > 0);
      if (plane.length == 0) {
        return null;
      }
      a = plane[0];
      b = plane[1];
      c = plane[2];
    }
    return new Fit(a, b, c - a * reach[0] - b * reach[1], sigma, n);
  }

  /** The lowest of the heights at which many points lie: flat things lie above the support. */
  private static double lowestMode(int[] counts) {
    double[] smooth = new double[counts.length];
    double most = 0;
    for (int i = 2; i + 2 < counts.length; i++) {
      smooth[i] =
          counts[i - 2]
              + 2.0 * counts[i - 1]
              + 3.0 * counts[i]
              + 2.0 * counts[i + 1]
              + counts[i + 2];
      most = Math.max(most, smooth[i]);
    }
    for (int i = 2; i + 2 < counts.length; i++) {
      if (smooth[i] >= LOWER_MODE * most
          && smooth[i] >= smooth[i - 1]
          && smooth[i] >= smooth[i + 1]) {
        return (i - MODE_BINS) * MODE_BIN;
      }
    }
    return 0;
  }

  private static double residual(
      SeenPoints v, int i, double a, double b, double c, double[] reach) {
    return v.z[i] - (a * (v.x[i] - reach[0]) + b * (v.y[i] - reach[1]) + c);
  }

  /** The plane through what lies in a band around another one; nothing if that is too little. */
  private static double[] leastSquares(
      SeenPoints v,
      int[] used,
      int count,
      double a,
      double b,
      double c,
      double band,
      double[] reach,
      boolean tilt) {
    double sxx = 0;
    double sxy = 0;
    double syy = 0;
    double sx = 0;
    double sy = 0;
    double sz = 0;
    double sxz = 0;
    double syz = 0;
    int n = 0;
    for (int k = 0; k < count; k++) {
      int i = used[k];
      double r = residual(v, i, a, b, c, reach);
      if (Math.abs(r) > band) {
        continue;
      }
      double x = v.x[i] - reach[0];
      double y = v.y[i] - reach[1];
      n++;
      sx += x;
      sy += y;
      sz += r;
      sxx += x * x;
      sxy += x * y;
      syy += y * y;
      sxz += x * r;
      syz += y * r;
    }
    if (n < 50) {
      return new double[0];
    }
    double mx = sx / n;
    double my = sy / n;
    double mz = sz / n;
    double cxx = sxx / n - mx * mx;
    double cxy = sxy / n - mx * my;
    double cyy = syy / n - my * my;
    double det = cxx * cyy - cxy * cxy;
    double da = 0;
    double db = 0;
    // A narrow strip says nothing about the tilt across it.
    if (tilt && Math.min(cxx, cyy) > NARROW && det > 1e-6) {
      double cxz = sxz / n - mx * mz;
      double cyz = syz / n - my * mz;
      da = (cyy * cxz - cxy * cyz) / det;
      db = (cxx * cyz - cxy * cxz) / det;
    }
    if (Math.hypot(a + da, b + db) > TILT) {
      da = 0;
      db = 0;
    }
    return new double[] {a + da, b + db, c + mz - da * mx - db * my};
  }
}
