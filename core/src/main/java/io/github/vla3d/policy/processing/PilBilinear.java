package io.github.vla3d.policy.processing;

/**
 * Pillow's bilinear resize of 8-bit pictures to the bit: a triangle filter as wide as the shrinking
 * asks for, in fixed point, along rows first and along columns then, rounded to 8 bits in between.
 * This is Pillow up to 12.3; 13.0 treats all tall pictures as the very tall ones here, which moves
 * some of their pixels by one level.
 */
final class PilBilinear {
  /** Bits behind the point of a weight: 32 less 8 of the picture and 2 to be safe. */
  private static final int BITS = 22;

  /** Pictures that are taller than this many times their width are first made lower. */
  private static final int VERY_TALL = 100;

  private PilBilinear() {}

  /**
   * Weights of one axis.
   *
   * @param first the first source index of each target index
   * @param weights of the source indices from there on, for each target index
   */
  private record Axis(int[] first, int[][] weights) {
    static Axis of(int from, int to) {
      double scale = (double) from / to;
      double reach = Math.max(scale, 1);
      int[] first = new int[to];
      int[][] weights = new int[to][];
      for (int i = 0; i < to; i++) {
        double centre = (i + 0.5) * scale;
        int start = Math.max(0, (int) (centre - reach + 0.5));
        int end = Math.min(from, (int) (centre + reach + 0.5));
        double[] exact = new double[end - start];
        double sum = 0;
        double shrink = 1 / reach;
        for (int j = 0; j < exact.length; j++) {
          exact[j] = Math.max(0, 1 - Math.abs((j + start - centre + 0.5) * shrink));
          sum += exact[j];
        }
        first[i] = start;
        weights[i] = new int[exact.length];
        for (int j = 0; j < exact.length; j++) {
          double share = sum == 0 ? exact[j] : exact[j] / sum;
          weights[i][j] = (int) (0.5 + share * (1 << BITS));
        }
      }
      return new Axis(first, weights);
    }
  }

  /**
   * @param pixels [height, width, channels]
   * @return [rows, columns, channels]
   */
  static byte[] resize(byte[] pixels, int height, int width, int channels, int rows, int columns) {
    if (height > width * VERY_TALL && rows < height) {
      byte[] low = vertical(pixels, height, width * channels, rows);
      return columns == width ? low : horizontal(low, rows, width, channels, columns);
    }
    byte[] wide = columns == width ? pixels : horizontal(pixels, height, width, channels, columns);
    return rows == height ? wide : vertical(wide, height, columns * channels, rows);
  }

  private static byte[] horizontal(byte[] in, int height, int width, int channels, int columns) {
    Axis axis = Axis.of(width, columns);
    byte[] out = new byte[height * columns * channels];
    int at = 0;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < columns; x++) {
        int[] weights = axis.weights[x];
        int start = (y * width + axis.first[x]) * channels;
        for (int c = 0; c < channels; c++) {
          int sum = 1 << (BITS - 1);
          int from = start + c;
          for (int weight : weights) {
            sum += weight * (in[from] & 0xff);
            from += channels;
          }
          out[at++] = rounded(sum);
        }
      }
    }
    return out;
  }

  /** Rows are taken as they lie, whatever their pixels are. */
  private static byte[] vertical(byte[] in, int height, int stride, int rows) {
    Axis axis = Axis.of(height, rows);
    byte[] out = new byte[rows * stride];
    int[] sums = new int[stride];
    for (int y = 0; y < rows; y++) {
      java.util.Arrays.fill(sums, 1 << (BITS - 1));
      int from = axis.first[y] * stride;
      for (int weight : axis.weights[y]) {
        for (int x = 0; x < stride; x++) {
          sums[x] += weight * (in[from + x] & 0xff);
        }
        from += stride;
      }
      for (int x = 0; x < stride; x++) {
        out[y * stride + x] = rounded(sums[x]);
      }
    }
    return out;
  }

  private static byte rounded(int sum) {
    return (byte) Math.max(0, Math.min(255, sum >> BITS));
  }
}
