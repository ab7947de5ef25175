package io.github.vla3d.geometry;

import java.util.Arrays;

/**
 * A pinhole camera's K with the size of its picture, in pixels. K is a regular matrix with last row
 * 0 0 1. Its focal lengths may be negative (a mirrored picture) and its upper left block full (a
 * rotated one): whatever was done to the picture is in K, and back-projection by the full inverse
 * stays right with no special case.
 *
 * <p>The edges of pixels are at integers: the centre of the first pixel is (0.5, 0.5).
 */
public final class Intrinsics {
  private final double[] k;
  private final double[] inverse;
  private final int width;
  private final int height;

  private Intrinsics(double[] k, int width, int height) {
    if (width <= 0 || height <= 0) {
      throw new GeometryException(
          "intrinsics: wanted a picture, got one of " + width + "x" + height + " pixels");
    }
    for (double value : k) {
      if (!Double.isFinite(value)) {
        throw new GeometryException("intrinsics: wanted finite numbers, got " + Arrays.toString(k));
      }
    }
    if (k[6] != 0 || k[7] != 0 || k[8] != 1) {
      throw new GeometryException(
          "intrinsics: wanted last row [0, 0, 1], got " + Arrays.toString(k));
    }
    double scale = Math.hypot(Math.hypot(k[0], k[1]), Math.hypot(k[3], k[4]));
    if (!(Math.abs(Matrix3.determinant(k)) > 1e-9 * scale * scale)) {
      throw new GeometryException("intrinsics: singular: " + Arrays.toString(k));
    }
    this.k = k;
    this.inverse = Matrix3.inverse(k);
    this.width = width;
    this.height = height;
  }

  /** The usual form: focal lengths and principal point. */
  public static Intrinsics of(double fx, double fy, double cx, double cy, int width, int height) {
    return new Intrinsics(new double[] {fx, 0, cx, 0, fy, cy, 0, 0, 1}, width, height);
  }

  /**
   * @param matrix nine numbers, row-major
   * @throws GeometryException if K is not finite, singular, or has another last row than 0 0 1
   */
  public static Intrinsics fromRowMajor(double[] matrix, int width, int height) {
    if (matrix.length != 9) {
      throw new GeometryException("intrinsics: wanted 3x3, got " + matrix.length + " numbers");
    }
    return new Intrinsics(matrix.clone(), width, height);
  }

  /**
   * From a K for which the centre of the first pixel is (0, 0), as OpenCV calibrates and RealSense
   * reports: moves the principal point by half a pixel.
   */
  public static Intrinsics fromCentresAtIntegers(double[] matrix, int width, int height) {
    Intrinsics k = fromRowMajor(matrix, width, height);
    double[] moved = k.k.clone();
    moved[2] += 0.5;
    moved[5] += 0.5;
    return new Intrinsics(moved, width, height);
  }

  /**
   * Square pixels with the principal point in the middle, as simulators have them.
   *
   * @param fovY vertical field of view in radians
   */
  public static Intrinsics fromFieldOfView(double fovY, int width, int height) {
    if (!(fovY > 0 && fovY < Math.PI)) {
      throw new GeometryException("field of view: wanted radians in (0, pi), got " + fovY);
    }
    double f = 0.5 * height / Math.tan(fovY / 2);
    return of(f, f, width / 2.0, height / 2.0, width, height);
  }

  /**
   * A K: the intrinsics of the transformed picture.
   *
   * @throws GeometryException if the transform is for pictures of another size
   */
  public Intrinsics transformed(ImageTransform transform) {
    if (transform.fromWidth() != width || transform.fromHeight() != height) {
      throw new GeometryException(
          "image transform: wanted one for "
              + width
              + "x"
              + height
              + " pictures, got one for "
              + transform.fromWidth()
              + "x"
              + transform.fromHeight());
    }
    return new Intrinsics(
        Matrix3.product(transform.matrix(), k), transform.width(), transform.height());
  }

  /** Where the ray through (x, y, 1) of the camera frame meets the picture. */
  public Pixel pixel(double x, double y) {
    return new Pixel(k[0] * x + k[1] * y + k[2], k[3] * x + k[4] * y + k[5]);
  }

  /** The point with z = 1 on the ray of a pixel, in the camera frame. */
  public Vector3 ray(Pixel p) {
    return ray(p.u(), p.v());
  }

  Vector3 ray(double u, double v) {
    return new Vector3(
        inverse[0] * u + inverse[1] * v + inverse[2],
        inverse[3] * u + inverse[4] * v + inverse[5],
        1);
  }

  /** Whether the picture covers the place, edges included. */
  public boolean contains(Pixel p) {
    return p.u() >= 0 && p.u() <= width && p.v() >= 0 && p.v() <= height;
  }

  public double fx() {
    return k[0];
  }

  public double fy() {
    return k[4];
  }

  public double skew() {
    return k[1];
  }

  public double cx() {
    return k[2];
  }

  public double cy() {
    return k[5];
  }

  /** Geometric mean of the focal lengths, above 0 also for mirrored and rotated pictures. */
  public double focal() {
    return Math.sqrt(Math.abs(Matrix3.determinant(k)));
  }

  /** Whether the picture is a mirror image of the scene. */
  public boolean mirrored() {
    return Matrix3.determinant(k) < 0;
  }

  /** K as nine numbers, row-major. */
  public double[] matrix() {
    return k.clone();
  }

  public int width() {
    return width;
  }

  public int height() {
    return height;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Intrinsics b
        && Arrays.equals(k, b.k)
        && width == b.width
        && height == b.height;
  }

  @Override
  public int hashCode() {
    return 31 * (31 * Arrays.hashCode(k) + width) + height;
  }

  @Override
  public String toString() {
    return "Intrinsics[" + width + "x" + height + " " + Arrays.toString(k) + "]";
  }
}
