package io.github.vla3d.data;

import java.util.Arrays;

/**
 * Mean, deviation, bounds and approximate quantiles per element of a stream of vectors, in constant
 * memory. Quantiles come from 5000 bins per element, which are laid anew when the bounds grow; how
 * exactly decides the last digits, and the two projects whose files we write differ in it.
 *
 * <p>Results depend a little on how the stream is cut into batches, as theirs do.
 */
public final class RunningStatistics {
  /** Whose way of keeping quantiles. */
  public enum Method {
    /** openpi: old bins move by their left edge; a quantile is the left edge of its bin. */
    OPENPI,
    /** LeRobot: old bins move by their middle; a quantile is interpolated within its bin. */
    LEROBOT
  }

  private static final int BINS = 5000;
  private static final double PADDING = 1e-10;

  private final Method method;
  private long count;
  private double[] mean = {};
  private double[] meanOfSquares = {};
  private double[] min = {};
  private double[] max = {};
  private double[][] histograms = {};
  private double[][] edges = {};

  public RunningStatistics(Method method) {
    this.method = method;
  }

  /**
   * Adds a batch of vectors.
   *
   * @param batch at least one row, all rows of the length of the first batch
   * @throws IllegalArgumentException if they are not, or hold anything that is not finite
   */
  public void update(double[][] batch) {
    if (batch.length == 0) {
      throw new IllegalArgumentException("statistics: wanted at least one row, got none");
    }
    int width = count == 0 ? batch[0].length : mean.length;
    for (double[] row : batch) {
      if (row.length != width) {
        throw new IllegalArgumentException(
            "statistics: wanted rows of %d, got one of %d".formatted(width, row.length));
      }
      for (double value : row) {
        if (!Double.isFinite(value)) {
          throw new IllegalArgumentException("statistics: wanted finite numbers, got " + value);
        }
      }
    }
    boolean first = count == 0;
    if (first) {
      start(width);
    }
    count += batch.length;
    boolean grown = false;
    for (int i = 0; i < width; i++) {
      double sum = 0;
      double squares = 0;
      double least = Double.POSITIVE_INFINITY;
      double most = Double.NEGATIVE_INFINITY;
      for (double[] row : batch) {
        sum += row[i];
        squares += row[i] * row[i];
        least = Math.min(least, row[i]);
        most = Math.max(most, row[i]);
      }
      grown |= least < min[i] || most > max[i];
      min[i] = Math.min(min[i], least);
      max[i] = Math.max(max[i], most);
      double weight = (double) batch.length / count;
      mean[i] += (sum / batch.length - mean[i]) * weight;
      meanOfSquares[i] += (squares / batch.length - meanOfSquares[i]) * weight;
    }
    for (int i = 0; i < width; i++) {
      if (first) {
        edges[i] = evenly(min[i] - PADDING, max[i] + PADDING);
      } else if (grown) {
        layAnew(i);
      }
      for (double[] row : batch) {
        add(histograms[i], edges[i], row[i], 1);
      }
    }
  }

  private void start(int width) {
    mean = new double[width];
    meanOfSquares = new double[width];
    min = new double[width];
    max = new double[width];
    Arrays.fill(min, Double.POSITIVE_INFINITY);
    Arrays.fill(max, Double.NEGATIVE_INFINITY);
    histograms = new double[width][BINS];
    edges = new double[width][];
  }

  private static double[] evenly(double from, double to) {
    double[] places = new double[BINS + 1];
    double step = (to - from) / BINS;
    for (int i = 0; i < BINS; i++) {
      places[i] = i * step + from;
    }
    places[BINS] = to;
    return places;
  }

  private void layAnew(int i) {
    double[] old = edges[i];
    double[] counts = histograms[i];
    // Without padding openpi loses what lay in the first bin, if that still has the least number.
    double padding = method == Method.OPENPI ? 0 : (max[i] - min[i]) * PADDING;
    double[] laid = evenly(min[i] - padding, max[i] + padding);
    double[] moved = new double[BINS];
    for (int b = 0; b < BINS; b++) {
      if (counts[b] == 0) {
        continue;
      }
      if (method == Method.OPENPI) {
        add(moved, laid, old[b], counts[b]);
      } else {
        int bin = firstNotBelow(laid, (old[b] + old[b + 1]) / 2) - 1;
        moved[Math.max(0, Math.min(BINS - 1, bin))] += counts[b];
      }
    }
    edges[i] = laid;
    histograms[i] = moved;
  }

  /** Bins hold their left edge, the last one both; what lies outside is dropped. */
  private static void add(double[] histogram, double[] edges, double value, double weight) {
    if (!(value >= edges[0] && value <= edges[BINS])) {
      return;
    }
    // The bin by division may be one off by rounding; the edges decide.
    double step = (edges[BINS] - edges[0]) / BINS;
    int bin = step > 0 ? (int) ((value - edges[0]) / step) : 0;
    bin = Math.max(0, Math.min(BINS - 1, bin));
    while (bin > 0 && value < edges[bin]) {
      bin--;
    }
    while (bin < BINS - 1 && value >= edges[bin + 1]) {
      bin++;
    }
    histogram[bin] += weight;
  }

  private static int firstNotBelow(double[] sorted, double value) {
    int low = 0;
    int high = sorted.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (sorted[middle] < value) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Vectors so far. */
  public long count() {
    return count;
  }

  public double[] mean() {
    return mean.clone();
  }

  /** Population standard deviation. */
  public double[] std() {
    double[] std = new double[mean.length];
    for (int i = 0; i < std.length; i++) {
      std[i] = Math.sqrt(Math.max(0, meanOfSquares[i] - mean[i] * mean[i]));
    }
    return std;
  }

  public double[] min() {
    return min.clone();
  }

  public double[] max() {
    return max.clone();
  }

  /**
   * @param q in [0, 1]
   */
  public double[] quantile(double q) {
    double[] values = new double[mean.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = quantile(histograms[i], edges[i], q * count);
    }
    return values;
  }

  private double quantile(double[] histogram, double[] places, double target) {
    double below = 0;
    for (int b = 0; b < BINS; b++) {
      double upTo = below + histogram[b];
      if (upTo >= target) {
        if (method == Method.OPENPI || b == 0 || histogram[b] == 0) {
          return places[b];
        }
        return places[b] + (target - below) / histogram[b] * (places[b + 1] - places[b]);
      }
      below = upTo;
    }
    return places[BINS];
  }
}
