package io.github.vla3d.policy.processing;

import io.github.vla3d.geometry.ImageTransform;

/**
 * Where a picture comes to lie in a frame of another shape: scaled as a whole, the rest is border.
 *
 * @param rows height of the scaled picture
 * @param columns width of the scaled picture
 * @param top rows of border above it
 * @param left columns of border to its left
 */
record Fit(
    int fromHeight,
    int fromWidth,
    int height,
    int width,
    int rows,
    int columns,
    int top,
    int left) {

  /** In the middle; an odd pixel of border goes to the bottom or the right. */
  static Fit centred(long fromHeight, long fromWidth, int height, int width) {
    return of(fromHeight, fromWidth, height, width, false);
  }

  /** In the lower right corner: all border is above and to the left. */
  static Fit lowerRight(long fromHeight, long fromWidth, int height, int width) {
    return of(fromHeight, fromWidth, height, width, true);
  }

  private static Fit of(
      long fromHeight, long fromWidth, int height, int width, boolean lowerRight) {
    if (fromHeight < 1 || fromWidth < 1 || height < 1 || width < 1) {
      throw new ProcessingException(
          "resize: wanted sizes above 0, got %d x %d to %d x %d"
              .formatted(fromHeight, fromWidth, height, width));
    }
    // Truncated as the references do it: a picture may end a pixel short of the frame.
    double ratio = Math.max((double) fromWidth / width, (double) fromHeight / height);
    int rows = (int) (fromHeight / ratio);
    int columns = (int) (fromWidth / ratio);
    if (rows < 1 || columns < 1) {
      throw new ProcessingException(
          "resize: a picture of %d x %d is too narrow for a frame of %d x %d"
              .formatted(fromHeight, fromWidth, height, width));
    }
    int share = lowerRight ? 1 : 2;
    return new Fit(
        Math.toIntExact(fromHeight),
        Math.toIntExact(fromWidth),
        height,
        width,
        rows,
        columns,
        (height - rows) / share,
        (width - columns) / share);
  }

  int bottom() {
    return height - rows - top;
  }

  int right() {
    return width - columns - left;
  }

  ImageTransform transform() {
    return ImageTransform.resize(fromWidth, fromHeight, columns, rows)
        .then(ImageTransform.pad(columns, rows, left, top, right(), bottom()));
  }
}
