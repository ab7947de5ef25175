package io.github.vla3d.scene.completion;

/**
 * The mask of one instance in one view at the size of the view's depth: logits between the centres
 * of cells are interpolated, those above 0 belong to it, and its border of one pixel does not count
 * because depth mixes there with what is behind.
 */
public final class MaskPixels {
  /** Between which two of the input's cells an output's pixel lies, along one axis. */
  private record Axis(int[] low, int[] high, double[] share) {
    static Axis of(int from, int to) {
      int[] low = new int[to];
      int[] high = new int[to];
      double[] share = new double[to];
      for (int i = 0; i < to; i++) {
        double at = Math.max(0, (i + 0.5) * from / to - 0.5);
        low[i] = Math.min((int) at, from - 1);
        high[i] = Math.min(low[i] + 1, from - 1);
        share[i] = at - low[i];
      }
      return new Axis(low, high, share);
    }
  }

  /** How masks of one size become pictures of another. */
  public static final class Grid {
    private final int columns;
    private final int rows;
    private final Axis down;
    private final Axis across;

    /**
     * @param rows of a mask
     * @param columns of a mask
     * @param height of the picture
     * @param width of the picture
     */
    public Grid(int rows, int columns, int height, int width) {
      this.rows = rows;
      this.columns = columns;
      this.down = Axis.of(rows, height);
      this.across = Axis.of(columns, width);
    }

    int height() {
      return down.low.length;
    }

    int width() {
      return across.low.length;
    }
  }

  private final Grid grid;
  private final float[] logits;
  private final int offset;
  private final boolean[] positive;
  // Rows and columns outside of which nothing is positive; the ends are excluded.
  private final int top;
  private final int bottom;
  private final int left;
  private final int right;
  private int count;

  /**
   * @param logits row-major, from the offset on
   */
  public MaskPixels(Grid grid, float[] logits, int offset) {
    this.grid = grid;
    this.logits = logits;
    this.offset = offset;
    this.positive = new boolean[grid.height() * grid.width()];
    int firstRow = grid.rows;
    int lastRow = -1;
    int firstColumn = grid.columns;
    int lastColumn = -1;
    for (int row = 0, i = offset; row < grid.rows; row++) {
      for (int column = 0; column < grid.columns; column++, i++) {
        if (logits[i] > 0) {
          firstRow = Math.min(firstRow, row);
          lastRow = row;
          firstColumn = Math.min(firstColumn, column);
          lastColumn = Math.max(lastColumn, column);
        }
      }
    }
    this.top = first(grid.down, firstRow);
    this.bottom = end(grid.down, lastRow);
    this.left = first(grid.across, firstColumn);
    this.right = end(grid.across, lastColumn);
    for (int row = top; row < bottom; row++) {
      for (int column = left; column < right; column++) {
        if (at(row, column) > 0) {
          positive[row * grid.width() + column] = true;
          count++;
        }
      }
    }
  }

  private static int first(Axis axis, int cell) {
    int i = 0;
    while (i < axis.high.length && axis.high[i] < cell) {
      i++;
    }
    return i;
  }

  private static int end(Axis axis, int cell) {
    int i = axis.low.length;
    while (i > 0 && axis.low[i - 1] > cell) {
      i--;
    }
    return i;
  }

  /** The interpolated logit of a pixel. */
  public double at(int row, int column) {
    int upper = offset + grid.down.low[row] * grid.columns;
    int lower = offset + grid.down.high[row] * grid.columns;
    int before = grid.across.low[column];
    int after = grid.across.high[column];
    double y = grid.down.share[row];
    double x = grid.across.share[column];
    return (1 - y) * ((1 - x) * logits[upper + before] + x * logits[upper + after])
        + y * ((1 - x) * logits[lower + before] + x * logits[lower + after]);
  }

  /** Pixels of the mask. */
  public int count() {
    return count;
  }

  public boolean isPositive(int row, int column) {
    return positive[row * grid.width() + column];
  }

  /** Whether the mask goes on all around a pixel; outside of the picture it does not. */
  public boolean isInner(int row, int column) {
    if (row < 1 || column < 1 || row > grid.height() - 2 || column > grid.width() - 2) {
      return false;
    }
    for (int i = (row - 1) * grid.width() + column; i <= (row + 1) * grid.width() + column; ) {
      if (!(positive[i] && positive[i - 1] && positive[i + 1])) {
        return false;
      }
      i += grid.width();
    }
    return true;
  }

  /** Receives pixels. */
  interface PixelSink {
    void accept(int row, int column);
  }

  /** All pixels that are {@link #isInner}, row by row. */
  void inner(PixelSink sink) {
    for (int row = top; row < bottom; row++) {
      for (int column = left; column < right; column++) {
        if (positive[row * grid.width() + column] && isInner(row, column)) {
          sink.accept(row, column);
        }
      }
    }
  }
}
