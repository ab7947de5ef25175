package io.github.vla3d.geometry;

import java.util.function.IntToDoubleFunction;

/** Planar z in metres per pixel, row-major; 0 where there is none. Immutable. */
public final class DepthImage {
  private final int width;
  private final int height;
  private final float[] metres;

  private DepthImage(int width, int height, float[] metres) {
    this.width = width;
    this.height = height;
    this.metres = metres;
  }

  /**
   * Copies planar metres in; what is not finite or not above 0 becomes 0, none.
   *
   * @throws GeometryException if the number of values is not width * height
   */
  public static DepthImage of(float[] metres, int width, int height) {
    checkSize(metres.length, width, height);
    float[] copy = new float[metres.length];
    for (int i = 0; i < copy.length; i++) {
      copy[i] = metres[i] > 0 && metres[i] < Float.POSITIVE_INFINITY ? metres[i] : 0;
    }
    return new DepthImage(width, height, copy);
  }

  /**
   * Converts stored numbers of any kind.
   *
   * @param stored the number of pixel row * width + column
   * @param intrinsics of the picture, which also say its size
   */
  public static DepthImage of(DepthKind kind, IntToDoubleFunction stored, Intrinsics intrinsics) {
    int width = intrinsics.width();
    float[] metres = new float[width * intrinsics.height()];
    for (int i = 0; i < metres.length; i++) {
      double length =
          kind instanceof DepthKind.RayDistance
              ? intrinsics.ray(Pixel.centre(i % width, i / width)).norm()
              : 1;
      metres[i] = (float) kind.planarMetres(stored.applyAsDouble(i), length);
    }
    return new DepthImage(width, intrinsics.height(), metres);
  }

  /** Converts stored floats of any kind. */
  public static DepthImage of(DepthKind kind, float[] stored, Intrinsics intrinsics) {
    checkSize(stored.length, intrinsics.width(), intrinsics.height());
    return of(kind, i -> stored[i], intrinsics);
  }

  /** Converts stored unsigned 16-bit numbers of any kind. */
  public static DepthImage of(DepthKind kind, short[] stored, Intrinsics intrinsics) {
    checkSize(stored.length, intrinsics.width(), intrinsics.height());
    return of(kind, i -> Short.toUnsignedInt(stored[i]), intrinsics);
  }

  private static void checkSize(int values, int width, int height) {
    if (width <= 0 || height <= 0 || (long) width * height != values) {
      throw new GeometryException(
          "depth: wanted a value for each of " + width + "x" + height + " pixels, got " + values);
    }
  }

  public int width() {
    return width;
  }

  public int height() {
    return height;
  }

  /** Metres, or 0 for none. */
  public float at(int column, int row) {
    return metres[row * width + column];
  }

  /** Metres at the pixel that covers a place; 0 for none and outside the picture. */
  public float at(Pixel p) {
    return p.u() >= 0 && p.u() < width && p.v() >= 0 && p.v() < height
        ? at((int) p.u(), (int) p.v())
        : 0;
  }

  /** All values, row-major, copied. */
  public float[] toArray() {
    return metres.clone();
  }

  /**
   * The transformed map, each new pixel with the value of the old one that its centre comes from:
   * depths are never mixed across an edge. Pixels from outside the picture become 0.
   *
   * @throws GeometryException if the transform is for pictures of another size
   */
  public DepthImage transformed(ImageTransform transform) {
    if (transform.fromWidth() != width || transform.fromHeight() != height) {
      throw new GeometryException(
          "depth: " + width + "x" + height + " pixels do not fit " + transform);
    }
    ImageTransform back = transform.inverse();
    float[] result = new float[transform.width() * transform.height()];
    for (int row = 0, i = 0; row < transform.height(); row++) {
      for (int column = 0; column < transform.width(); column++, i++) {
        result[i] = at(back.apply(Pixel.centre(column, row)));
      }
    }
    return new DepthImage(transform.width(), transform.height(), result);
  }
}
