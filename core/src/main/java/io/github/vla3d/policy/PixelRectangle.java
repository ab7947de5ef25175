package io.github.vla3d.policy;

/**
 * A part of a picture, in pixels from its upper left corner; right and bottom do not belong to it.
 */
public record PixelRectangle(int left, int top, int right, int bottom) {
  /** Column of the centre, where the centre of pixel column c is at c + 0.5. */
  public double centreU() {
    return (left + right) / 2.0;
  }

  /** Row of the centre, where the centre of pixel row r is at r + 0.5. */
  public double centreV() {
    return (top + bottom) / 2.0;
  }
}
