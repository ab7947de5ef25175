package io.github.vla3d.datasets.lerobot;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.data.RunningStatistics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Statistics of one numeric feature as LeRobot keeps them: per episode first, then over all
 * episodes with their frames as weights. Quantiles of the whole are weighted means of those of the
 * episodes, which is LeRobot's rule and no quantile of anything.
 *
 * @param values min, max, mean, std and the quantiles, in the order of {@link #NAMES}
 */
record FeatureStatistics(long count, double[][] values) {
  static final List<String> NAMES =
      List.of("min", "max", "mean", "std", "q01", "q10", "q50", "q90", "q99");
  private static final double[] QUANTILES = {0.01, 0.10, 0.50, 0.90, 0.99};
  private static final int MEAN = 2;
  private static final int STD = 3;

  /** Of one episode's rows. */
  static FeatureStatistics ofEpisode(double[][] rows) {
    RunningStatistics running = new RunningStatistics(RunningStatistics.Method.LEROBOT);
    running.update(rows);
    double[][] values = new double[NAMES.size()][];
    values[0] = running.min();
    values[1] = running.max();
    values[MEAN] = running.mean();
    values[STD] = running.std();
    for (int q = 0; q < QUANTILES.length; q++) {
      // One row has no quantiles; LeRobot takes its mean.
      values[4 + q] = rows.length < 2 ? running.mean() : running.quantile(QUANTILES[q]);
    }
    return new FeatureStatistics(rows.length, values);
  }

  /**
   * Of colour pictures, per channel, as shares of white.
   *
   * @param histograms [3][256] of all pixels looked at
   * @param frames looked at
   */
  static FeatureStatistics ofPictures(long[][] histograms, int frames) {
    double[][] values = new double[NAMES.size()][3];
    for (int c = 0; c < 3; c++) {
      long total = Arrays.stream(histograms[c]).sum();
      double sum = 0;
      double squares = 0;
      int least = 255;
      int most = 0;
      for (int level = 0; level < 256; level++) {
        long n = histograms[c][level];
        sum += (double) n * level;
        squares += (double) n * level * level;
        if (n > 0) {
          least = Math.min(least, level);
          most = Math.max(most, level);
        }
      }
      double mean = sum / total;
      values[0][c] = least / 255.0;
      values[1][c] = most / 255.0;
      values[MEAN][c] = mean / 255;
      values[STD][c] = Math.sqrt(Math.max(0, squares / total - mean * mean)) / 255;
      for (int q = 0; q < QUANTILES.length; q++) {
        long below = 0;
        int level = 0;
        while (level < 255 && below + histograms[c][level] < QUANTILES[q] * total) {
          below += histograms[c][level++];
        }
        values[4 + q][c] = level / 255.0;
      }
    }
    return new FeatureStatistics(frames, values);
  }

  /** Over several episodes. */
  static FeatureStatistics aggregate(List<FeatureStatistics> episodes) {
    int width = episodes.get(0).values[0].length;
    double[][] values = new double[NAMES.size()][width];
    long count = episodes.stream().mapToLong(FeatureStatistics::count).sum();
    for (int i = 0; i < width; i++) {
      values[0][i] = Double.POSITIVE_INFINITY;
      values[1][i] = Double.NEGATIVE_INFINITY;
      for (FeatureStatistics e : episodes) {
        values[0][i] = Math.min(values[0][i], e.values[0][i]);
        values[1][i] = Math.max(values[1][i], e.values[1][i]);
        for (int s = MEAN; s < values.length; s++) {
          if (s != STD) {
            values[s][i] += e.values[s][i] * e.count / count;
          }
        }
      }
      double variance = 0;
      for (FeatureStatistics e : episodes) {
        double shift = e.values[MEAN][i] - values[MEAN][i];
        variance += (e.values[STD][i] * e.values[STD][i] + shift * shift) * e.count / count;
      }
      values[STD][i] = Math.sqrt(variance);
    }
    return new FeatureStatistics(count, values);
  }

  /**
   * For {@code stats.json}.
   *
   * @param picture whether every channel becomes [[x]], as LeRobot shapes them
   */
  ObjectNode toJson(boolean picture) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    for (int s = 0; s < values.length; s++) {
      ArrayNode array = node.putArray(NAMES.get(s));
      for (double value : values[s]) {
        if (picture) {
          array.addArray().addArray().add(value);
        } else {
          array.add(value);
        }
      }
    }
    node.putArray("count").add(count);
    return node;
  }

  /** The names and SQL values of the columns of the table of episodes. */
  List<String[]> toColumns(String feature, boolean picture) {
    List<String[]> columns = new ArrayList<>();
    for (int s = 0; s < values.length; s++) {
      StringBuilder list = new StringBuilder("[");
      for (double value : values[s]) {
        list.append(list.length() > 1 ? ", " : "");
        list.append(picture ? "[[" + value + "]]" : String.valueOf(value));
      }
      columns.add(
          new String[] {
            "stats/" + feature + "/" + NAMES.get(s),
            list.append(picture ? "]::DOUBLE[][][]" : "]::DOUBLE[]").toString()
          });
    }
    columns.add(new String[] {"stats/" + feature + "/count", "[" + count + "]::BIGINT[]"});
    return columns;
  }
}
