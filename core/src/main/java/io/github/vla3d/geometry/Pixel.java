package io.github.vla3d.geometry;

/**
 * A place in a picture: u to the right and v down, in pixels from the upper left corner. The centre
 * of column c and row r is at (c + 0.5, r + 0.5).
 */
public record Pixel(double u, double v) {
  /** The centre of the pixel with these indices. */
  public static Pixel centre(int column, int row) {
    return new Pixel(column + 0.5, row + 0.5);
  }
}
