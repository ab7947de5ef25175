package io.github.vla3d.labelling;

import java.util.BitSet;

/**
 * The tight box around pixels.
 *
 * @param left first column
 * @param top first row
 * @param right column behind the last
 * @param bottom row behind the last
 */
public record PixelBox(int left, int top, int right, int bottom) {
  /**
   * @param pixels at least one, bit row * width + column
   * @param width of the picture
   */
  public static PixelBox of(BitSet pixels, int width) {
    if (pixels.isEmpty()) {
      throw new IllegalArgumentException("box: wanted pixels, got none");
    }
    int left = width;
    int right = 0;
    for (int i = pixels.nextSetBit(0); i >= 0; i = pixels.nextSetBit(i + 1)) {
      left = Math.min(left, i % width);
      right = Math.max(right, i % width + 1);
    }
    return new PixelBox(
        left, pixels.nextSetBit(0) / width, right, (pixels.length() - 1) / width + 1);
  }

  private long area() {
    return (long) Math.max(0, right - left) * Math.max(0, bottom - top);
  }

  /** Area of what both cover, of what one of them covers. */
  double iou(PixelBox b) {
    PixelBox both =
        new PixelBox(
            Math.max(left, b.left),
            Math.max(top, b.top),
            Math.min(right, b.right),
            Math.min(bottom, b.bottom));
    return (double) both.area() / (area() + b.area() - both.area());
  }
}
