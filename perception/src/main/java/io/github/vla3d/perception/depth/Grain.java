package io.github.vla3d.perception.depth;

import java.util.Arrays;

/**
 * Noise of a depth picture from pixel to pixel, and the picture without it. What neighbours share,
 * as the errors of a calibration or of a lossy video, is none of it and stays.
 */
final class Grain {
  private static final double BIN = 0.00005;
  private static final int BINS = 2000;

  /** Standard deviation of a second difference of noise of 1. */
  private static final double SECOND_DIFFERENCE = Math.sqrt(6);

  /** Standard deviations of the noise within which a median is of the same surface. */
  private static final double SAME = 4;

  /** Standard deviations of the noise within which what is averaged lies around the median. */
  private static final double GATE = 2;

  /** Pixels, of 256, on each side that are averaged. */
  private static final double REACH = 2;

  private Grain() {}

  /**
   * The standard deviation of the depth from pixel to pixel, metres: of the second differences
   * along the rows, half of which are those of plane surfaces. 0 if there is too little to see.
   */
  static double of(SeenPoints v) {
    int[] counts = new int[BINS];
    int all = 0;
    for (int row = 0; row < v.height; row++) {
      for (int column = 1, i = row * v.width + 1; column + 1 < v.width; column++, i++) {
        if (v.depth[i - 1] > 0 && v.depth[i] > 0 && v.depth[i + 1] > 0) {
          double bend = Math.abs(v.depth[i - 1] - 2 * v.depth[i] + v.depth[i + 1]);
          counts[(int) Math.min(BINS - 1, bend / BIN)]++;
          all++;
        }
      }
    }
    int below = 0;
    for (int b = 0; b < BINS - 1; b++) {
      below += counts[b];
      if (2 * below >= all) {
        return all < 100 ? 0 : 1.4826 * (b + 0.5) * BIN / SECOND_DIFFERENCE;
      }
    }
    return 0;
  }

  /**
   * Takes noise away: each pixel becomes the mean of those around it that lie near the median of
   * its neighbours, or near itself if it is of something thin.
   *
   * @param sigma of the depth from pixel to pixel, metres
   */
  static void remove(SeenPoints v, double sigma) {
    float[] middle = new float[v.pixels];
    float[] window = new float[9];
    for (int i = 0; i < v.pixels; i++) {
      if (v.depth[i] > 0) {
        float median = median(v, i, window);
        middle[i] = Math.abs(median - v.depth[i]) <= SAME * sigma ? median : v.depth[i];
      }
    }
    int reach = (int) Math.max(1, Math.round(REACH * v.scale));
    float[] means = new float[v.pixels];
    for (int row = 0, i = 0; row < v.height; row++) {
      for (int column = 0; column < v.width; column++, i++) {
        double gate = Math.max(GATE * sigma, 2 * v.footprint(i));
        double sum = 0;
        int n = 0;
        for (int r = Math.max(0, row - reach); r <= Math.min(v.height - 1, row + reach); r++) {
          for (int c = Math.max(0, column - reach);
              c <= Math.min(v.width - 1, column + reach);
              c++) {
            float d = v.depth[r * v.width + c];
            if (d > 0 && Math.abs(d - middle[i]) <= gate) {
              sum += d;
              n++;
            }
          }
        }
        means[i] = n > 0 ? (float) (sum / n) : middle[i];
      }
    }
    v.measured(means);
  }

  /** Of the depths in the 3 x 3 pixels around one. */
  private static float median(SeenPoints v, int i, float[] window) {
    int column = i % v.width;
    int row = i / v.width;
    int n = 0;
    for (int r = Math.max(0, row - 1); r <= Math.min(v.height - 1, row + 1); r++) {
      for (int c = Math.max(0, column - 1); c <= Math.min(v.width - 1, column + 1); c++) {
        float d = v.depth[r * v.width + c];
        if (d > 0) {
          window[n++] = d;
        }
      }
    }
    Arrays.sort(window, 0, n);
    return window[n / 2];
  }
}
