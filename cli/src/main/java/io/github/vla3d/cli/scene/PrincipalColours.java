package io.github.vla3d.cli.scene;

import io.github.vla3d.torch.nn.Taps;
import java.awt.Color;
import java.util.Arrays;
import org.hipparchus.linear.Array2DRowRealMatrix;
import org.hipparchus.linear.EigenDecompositionSymmetric;
import org.jspecify.annotations.Nullable;

/**
 * Features as colours: their first three principal components, over all views together, are red,
 * green and blue, each from its 2nd to its 98th percentile. Alike features have alike colours,
 * within one map and from view to view.
 */
final class PrincipalColours {
  private final @Nullable Color[] colours;

  private final double explained;

  /**
   * @param features [N, C]
   * @param counts whether a token may be read; the others have no colour
   */
  PrincipalColours(float[] features, int width, boolean[] counts) {
    int[] rows =
        java.util.stream.IntStream.range(0, counts.length).filter(i -> counts[i]).toArray();
    this.colours = new Color[counts.length];
    int n = rows.length;
    if (n < 4) {
      this.explained = 0;
      return;
    }
    double[] mean = new double[width];
    for (int row : rows) {
      for (int c = 0; c < width; c++) {
        mean[c] += features[row * width + c] / (double) n;
      }
    }
    // The products of the tokens have the same components as those of the channels, and are as many
    // as there are tokens, not channels.
    double[][] centred = new double[n][width];
    for (int i = 0; i < n; i++) {
      for (int c = 0; c < width; c++) {
        centred[i][c] = features[rows[i] * width + c] - mean[c];
      }
    }
    double[][] products = new double[n][n];
    double trace = 0;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        double sum = 0;
        for (int c = 0; c < width; c++) {
          sum += centred[i][c] * centred[j][c];
        }
        products[i][j] = sum;
        products[j][i] = sum;
      }
      trace += products[i][i];
    }
    var axes = new EigenDecompositionSymmetric(new Array2DRowRealMatrix(products, false));
    float[][] channels = new float[3][];
    double three = 0;
    for (int k = 0; k < 3; k++) {
      channels[k] = spread(upright(axes.getEigenvector(k).toArray()));
      three += Math.max(0, axes.getEigenvalue(k));
    }
    this.explained = trace > 0 ? three / trace : 0;
    for (int i = 0; i < n; i++) {
      colours[rows[i]] = new Color(channels[0][i], channels[1][i], channels[2][i]);
    }
  }

  /** The sign of a component means nothing: the one of its largest number is made positive. */
  private static double[] upright(double[] x) {
    double largest = 0;
    for (double value : x) {
      largest = Math.abs(value) > Math.abs(largest) ? value : largest;
    }
    double sign = largest < 0 ? -1 : 1;
    return Arrays.stream(x).map(value -> sign * value).toArray();
  }

  private static float[] spread(double[] x) {
    double[] sorted = x.clone();
    Arrays.sort(sorted);
    double low = sorted[sorted.length / 50];
    double high = sorted[sorted.length - 1 - sorted.length / 50];
    float[] spread = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      double share = high > low ? (x[i] - low) / (high - low) : 0.5;
      spread[i] = (float) Math.max(0, Math.min(1, share));
    }
    return spread;
  }

  static PrincipalColours of(Taps.Tap features, boolean[] counts) {
    int width = features.size(features.shape().length - 1);
    return new PrincipalColours(features.values(), width, counts);
  }

  /** Null for a token that may not be read. */
  @Nullable Color of(int token) {
    return colours[token];
  }

  /** Share of the variance that the three components have. */
  double explained() {
    return explained;
  }
}
