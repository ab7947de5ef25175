package io.github.vla3d.data;

import java.util.Arrays;
import java.util.Objects;

/**
 * A table of numbers over the frames of an episode: one row a frame. Immutable.
 *
 * <p>States and actions of a whole episode are small and wanted without decoding a picture:
 * statistics and action chunks are taken from here.
 */
public final class Track {
  private final int rows;
  private final int columns;
  private final float[] values;

  private Track(int rows, int columns, float[] values) {
    if (rows < 0 || columns < 0 || (long) rows * columns != values.length) {
      throw new IllegalArgumentException(
          "track: wanted %d x %d values, got %d".formatted(rows, columns, values.length));
    }
    this.rows = rows;
    this.columns = columns;
    this.values = values;
  }

  /** Copies values in, row-major. */
  public static Track of(int rows, int columns, float[] values) {
    return new Track(rows, columns, values.clone());
  }

  /** A track without columns, for recordings that have no such numbers. */
  public static Track empty(int rows) {
    return new Track(rows, 0, new float[0]);
  }

  public int rows() {
    return rows;
  }

  public int columns() {
    return columns;
  }

  public float at(int row, int column) {
    return values[row * columns + column];
  }

  /** One row, copied. */
  public float[] row(int row) {
    return Arrays.copyOfRange(values, row * columns, (row + 1) * columns);
  }

  /**
   * A stretch of the rows.
   *
   * @throws IndexOutOfBoundsException outside 0 .. rows()
   */
  public Track rows(int from, int to) {
    Objects.checkFromToIndex(from, to, rows);
    return new Track(to - from, columns, Arrays.copyOfRange(values, from * columns, to * columns));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Track b
        && rows == b.rows
        && columns == b.columns
        && Arrays.equals(values, b.values);
  }

  @Override
  public int hashCode() {
    return 31 * rows + Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    return "Track[" + rows + "x" + columns + "]";
  }
}
