package io.github.vla3d.policy.processing;

import io.github.vla3d.torch.Tensor;
import java.util.Arrays;
import java.util.Map;

/**
 * Mean, deviation and quantiles of vectors that pass by once, as openpi computes its normalisation:
 * quantiles come from a histogram of 5000 bins for each dimension, which is moved to new edges
 * whenever a dimension grows beyond its extremes. Not for several threads.
 */
public final class RunningStatistics {
  private static final int BINS = 5000;

  /** Beyond the first extremes, so that a dimension which stands still has bins at all. */
  private static final double MARGIN = 1e-10;

  private final String feature;
  private long count;
  private double[] mean = {};
  private double[] meanOfSquares = {};
  private double[] low = {};
  private double[] high = {};
  private double[][] histograms = {};
  private double[][] edges = {};

  /**
   * @param feature what the statistics will be of
   */
  public RunningStatistics(String feature) {
    this.feature = feature;
  }

  /**
   * Adds vectors.
   *
   * @param batch [.., D], at least one vector; D is the same in all batches
   * @throws ProcessingException if D changes, or a number is not finite
   */
  public void update(Tensor batch) {
    int size = batch.dim() == 0 ? 0 : Math.toIntExact(batch.size(-1));
    if (size == 0 || batch.numel() == 0 || (count > 0 && size != mean.length)) {
      throw new ProcessingException(
          "%s: wanted vectors of %s dimensions, got %s"
              .formatted(feature, count > 0 ? "" + mean.length : "some", batch));
    }
    double[] values = batch.toDoubles();
    for (double value : values) {
      if (!Double.isFinite(value)) {
        throw new ProcessingException(feature + ": wanted finite numbers, got " + value);
      }
    }
    double[][] columns = new double[size][values.length / size];
    for (int i = 0; i < values.length; i++) {
      columns[i % size][i / size] = values[i];
    }
    extend(columns);
    count += columns[0].length;
    double share = (double) columns[0].length / count;
    for (int d = 0; d < size; d++) {
      double sum = 0;
      double squares = 0;
      for (double x : columns[d]) {
        sum += x;
        squares += x * x;
      }
      mean[d] += (sum / columns[d].length - mean[d]) * share;
      meanOfSquares[d] += (squares / columns[d].length - meanOfSquares[d]) * share;
      Arrays.sort(columns[d]);
      double[] ones = new double[columns[d].length];
      Arrays.fill(ones, 1);
      double[] more = histogram(columns[d], ones, edges[d]);
      for (int i = 0; i < BINS; i++) {
        histograms[d][i] += more[i];
      }
    }
  }

  /** Takes new extremes in. If one dimension has one, the bins of all are moved. */
  private void extend(double[][] columns) {
    int size = columns.length;
    if (count == 0) {
      mean = new double[size];
      meanOfSquares = new double[size];
      low = new double[size];
      high = new double[size];
      histograms = new double[size][BINS];
      edges = new double[size][];
      for (int d = 0; d < size; d++) {
        low[d] = Arrays.stream(columns[d]).min().orElseThrow();
        high[d] = Arrays.stream(columns[d]).max().orElseThrow();
        edges[d] = evenly(low[d] - MARGIN, high[d] + MARGIN);
      }
      return;
    }
    boolean grown = false;
    for (int d = 0; d < size; d++) {
      double least = Arrays.stream(columns[d]).min().orElseThrow();
      double most = Arrays.stream(columns[d]).max().orElseThrow();
      grown |= least < low[d] || most > high[d];
      low[d] = Math.min(low[d], least);
      high[d] = Math.max(high[d], most);
    }
    if (grown) {
      for (int d = 0; d < size; d++) {
        double[] starts = Arrays.copyOf(edges[d], BINS);
        edges[d] = evenly(low[d], high[d]);
        histograms[d] = histogram(starts, histograms[d], edges[d]);
      }
    }
  }

  private static double[] evenly(double from, double to) {
    double[] edges = new double[BINS + 1];
    double step = (to - from) / BINS;
    for (int i = 0; i < BINS; i++) {
      edges[i] = i * step + from;
    }
    edges[BINS] = to;
    return edges;
  }

  /**
   * Weights of sorted values between edges; the last bin holds its upper edge, what lies outside is
   * dropped.
   */
  private static double[] histogram(double[] sorted, double[] weights, double[] edges) {
    double[] histogram = new double[BINS];
    int at = 0;
    while (at < sorted.length && sorted[at] < edges[0]) {
      at++;
    }
    for (int i = 0; i < BINS; i++) {
      boolean last = i == BINS - 1;
      while (at < sorted.length
          && (sorted[at] < edges[i + 1] || (last && sorted[at] == edges[BINS]))) {
        histogram[i] += weights[at++];
      }
    }
    return histogram;
  }

  /**
   * @throws ProcessingException if fewer than two vectors have passed
   */
  public Statistics statistics() {
    if (count < 2) {
      throw new ProcessingException(feature + ": wanted at least 2 vectors, got " + count);
    }
    double[] std = new double[mean.length];
    for (int d = 0; d < std.length; d++) {
      std[d] = Math.sqrt(Math.max(0, meanOfSquares[d] - mean[d] * mean[d]));
    }
    return new Statistics(
        feature, Map.of("mean", mean, "std", std, "q01", quantile(0.01), "q99", quantile(0.99)));
  }

  private double[] quantile(double share) {
    double wanted = share * count;
    double[] quantile = new double[mean.length];
    for (int d = 0; d < quantile.length; d++) {
      double sum = 0;
      int bin = 0;
      while (bin < BINS && sum + histograms[d][bin] < wanted) {
        sum += histograms[d][bin++];
      }
      quantile[d] = edges[d][bin];
    }
    return quantile;
  }
}
