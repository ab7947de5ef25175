package io.github.vla3d.perception;

import java.util.BitSet;

/**
 * Which pixels of a picture, as its file stores it, show an object.
 *
 * @param width of the picture
 * @param height of the picture
 * @param pixels bit row * width + column
 */
public record ObjectMask(int width, int height, BitSet pixels) {
  public ObjectMask {
    if (width < 1 || height < 1 || pixels.length() > width * height) {
      throw new IllegalArgumentException(
          "mask: wanted bits of a picture of %d x %d, got one at %d"
              .formatted(width, height, pixels.length() - 1));
    }
    pixels = (BitSet) pixels.clone();
  }

  @Override
  public BitSet pixels() {
    return (BitSet) pixels.clone();
  }

  /**
   * The same object in another picture of the same size.
   *
   * @param source for each pixel of the new picture one of this, row by row; -1 for none
   */
  public ObjectMask taken(int[] source) {
    BitSet taken = new BitSet(source.length);
    for (int i = 0; i < source.length; i++) {
      if (source[i] >= 0 && pixels.get(source[i])) {
        taken.set(i);
      }
    }
    return new ObjectMask(width, height, taken);
  }

  /** Whether a pixel shows the object; outside the picture none does. */
  public boolean at(int column, int row) {
    return column >= 0
        && column < width
        && row >= 0
        && row < height
        && pixels.get(row * width + column);
  }

  /** Pixels that show it. */
  public int area() {
    return pixels.cardinality();
  }

  @Override
  public String toString() {
    return "mask " + width + "x" + height + " of " + area() + " pixels";
  }
}
