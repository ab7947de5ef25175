package io.github.vla3d.geometry;

import java.util.Arrays;

/**
 * What was done to a picture, as an affine map A of pixel coordinates: resize, crop, pad, flip,
 * rotate, and any sequence of them. The camera of the new picture has the intrinsics A K.
 */
public final class ImageTransform {
  private final int fromWidth;
  private final int fromHeight;
  private final int width;
  private final int height;
  private final double[] a;

  private ImageTransform(int fromWidth, int fromHeight, int width, int height, double[] a) {
    if (fromWidth <= 0 || fromHeight <= 0 || width <= 0 || height <= 0) {
      throw new GeometryException(
          "picture: wanted sizes above 0, got "
              + fromWidth
              + "x"
              + fromHeight
              + " to "
              + width
              + "x"
              + height);
    }
    for (double value : a) {
      if (!Double.isFinite(value)) {
        throw new GeometryException("image transform: not finite: " + Arrays.toString(a));
      }
    }
    if (a[0] * a[4] - a[1] * a[3] == 0) {
      throw new GeometryException("image transform: singular: " + Arrays.toString(a));
    }
    this.fromWidth = fromWidth;
    this.fromHeight = fromHeight;
    this.width = width;
    this.height = height;
    this.a = a;
  }

  private static ImageTransform of(
      int fromWidth,
      int fromHeight,
      int width,
      int height,
      double uu,
      double uv,
      double u,
      double vu,
      double vv,
      double v) {
    return new ImageTransform(
        fromWidth, fromHeight, width, height, new double[] {uu, uv, u, vu, vv, v, 0, 0, 1});
  }

  public static ImageTransform identity(int width, int height) {
    return of(width, height, width, height, 1, 0, 0, 0, 1, 0);
  }

  /** Stretches the picture to another size, each axis by its own factor. */
  public static ImageTransform resize(int fromWidth, int fromHeight, int width, int height) {
    return of(
        fromWidth,
        fromHeight,
        width,
        height,
        (double) width / fromWidth,
        0,
        0,
        0,
        (double) height / fromHeight,
        0);
  }

  /**
   * Cuts a window out. A window that reaches beyond the picture pads it, so left and top may be
   * negative.
   */
  public static ImageTransform crop(
      int fromWidth, int fromHeight, int left, int top, int width, int height) {
    return of(fromWidth, fromHeight, width, height, 1, 0, -left, 0, 1, -top);
  }

  /** Adds borders of these widths in pixels. */
  public static ImageTransform pad(
      int fromWidth, int fromHeight, int left, int top, int right, int bottom) {
    return crop(
        fromWidth, fromHeight, -left, -top, fromWidth + left + right, fromHeight + top + bottom);
  }

  /** Left becomes right. */
  public static ImageTransform mirror(int width, int height) {
    return of(width, height, width, height, -1, 0, width, 0, 1, 0);
  }

  /** The rows in reverse order. */
  public static ImageTransform reverseRows(int width, int height) {
    return of(width, height, width, height, 1, 0, 0, 0, -1, height);
  }

  /** By a quarter turn clockwise: the left column becomes the top row. */
  public static ImageTransform rotate90(int fromWidth, int fromHeight) {
    return of(fromWidth, fromHeight, fromHeight, fromWidth, 0, -1, fromHeight, 1, 0, 0);
  }

  public static ImageTransform rotate180(int width, int height) {
    return of(width, height, width, height, -1, 0, width, 0, -1, height);
  }

  /** By a quarter turn counter-clockwise: the right column becomes the top row. */
  public static ImageTransform rotate270(int fromWidth, int fromHeight) {
    return of(fromWidth, fromHeight, fromHeight, fromWidth, 0, 1, 0, -1, 0, fromWidth);
  }

  /** By an angle (radians, clockwise as seen) about the middle; the size stays. */
  public static ImageTransform rotate(int width, int height, double angle) {
    double c = Math.cos(angle);
    double s = Math.sin(angle);
    double u = width / 2.0;
    double v = height / 2.0;
    return of(width, height, width, height, c, -s, u - c * u + s * v, s, c, v - s * u - c * v);
  }

  /**
   * First this, then the next.
   *
   * @throws GeometryException if the next one is for pictures of another size
   */
  public ImageTransform then(ImageTransform next) {
    if (next.fromWidth != width || next.fromHeight != height) {
      throw new GeometryException(
          "image transform: wanted one for "
              + width
              + "x"
              + height
              + " pictures, got one for "
              + next.fromWidth
              + "x"
              + next.fromHeight);
    }
    return new ImageTransform(
        fromWidth, fromHeight, next.width, next.height, Matrix3.product(next.a, a));
  }

  /** Where a place of the old picture lies in the new one. */
  public Pixel apply(Pixel p) {
    return new Pixel(a[0] * p.u() + a[1] * p.v() + a[2], a[3] * p.u() + a[4] * p.v() + a[5]);
  }

  /** From the new picture back to the old. */
  public ImageTransform inverse() {
    return new ImageTransform(width, height, fromWidth, fromHeight, Matrix3.inverse(a));
  }

  /** A as nine numbers, row-major; the last row is 0 0 1. */
  public double[] matrix() {
    return a.clone();
  }

  public int fromWidth() {
    return fromWidth;
  }

  public int fromHeight() {
    return fromHeight;
  }

  /** Columns of the new picture. */
  public int width() {
    return width;
  }

  /** Rows of the new picture. */
  public int height() {
    return height;
  }

  @Override
  public String toString() {
    return "ImageTransform["
        + fromWidth
        + "x"
        + fromHeight
        + " to "
        + width
        + "x"
        + height
        + " by "
        + Arrays.toString(a)
        + "]";
  }
}
