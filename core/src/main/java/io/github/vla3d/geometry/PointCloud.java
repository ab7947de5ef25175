package io.github.vla3d.geometry;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Points, with a colour each or without. Immutable. */
public final class PointCloud {
  private final double[] xyz;
  private final byte @Nullable [] rgb;

  private PointCloud(double[] xyz, byte @Nullable [] rgb) {
    this.xyz = xyz;
    this.rgb = rgb;
  }

  /**
   * @param xyz three numbers a point, copied
   * @throws GeometryException if one is not finite or the length is no multiple of 3
   */
  public static PointCloud of(double[] xyz) {
    return checked(xyz.clone(), null);
  }

  /**
   * @param xyz three numbers a point, copied
   * @throws GeometryException if one is not finite or the length is no multiple of 3
   */
  public static PointCloud of(float[] xyz) {
    double[] copy = new double[xyz.length];
    for (int i = 0; i < copy.length; i++) {
      copy[i] = xyz[i];
    }
    return checked(copy, null);
  }

  /**
   * @param rgb three bytes a point, copied
   * @throws GeometryException also if there are not as many colours as points
   */
  public static PointCloud of(double[] xyz, byte[] rgb) {
    return checked(xyz.clone(), rgb.clone());
  }

  private static PointCloud checked(double[] xyz, byte @Nullable [] rgb) {
    if (xyz.length % 3 != 0) {
      throw new GeometryException("points: wanted 3 numbers each, got " + xyz.length + " in all");
    }
    if (rgb != null && rgb.length != xyz.length) {
      throw new GeometryException(
          "colours: wanted 3 bytes for each of " + xyz.length / 3 + " points, got " + rgb.length);
    }
    for (int i = 0; i < xyz.length; i++) {
      if (!Double.isFinite(xyz[i])) {
        throw new GeometryException("points: point " + i / 3 + " is not finite");
      }
    }
    return new PointCloud(xyz, rgb);
  }

  /**
   * The world points of all pixels with depth up to zMax metres, row by row.
   *
   * @param rgb bytes [height, width, 3] of the same picture, or null
   * @throws GeometryException if sizes differ
   */
  public static PointCloud of(DepthImage depth, Camera camera, double zMax, byte @Nullable [] rgb) {
    Intrinsics k = camera.intrinsics();
    int pixels = k.width() * k.height();
    if (depth.width() != k.width() || depth.height() != k.height()) {
      throw new GeometryException(
          "depth: wanted the picture's "
              + k.width()
              + "x"
              + k.height()
              + ", got "
              + depth.width()
              + "x"
              + depth.height());
    }
    if (rgb != null && rgb.length != 3 * pixels) {
      throw new GeometryException("colours: wanted " + 3 * pixels + " bytes, got " + rgb.length);
    }
    double[] points = new double[3 * pixels];
    byte[] colours = rgb == null ? null : new byte[3 * pixels];
    int n = 0;
    for (int row = 0; row < k.height(); row++) {
      for (int column = 0; column < k.width(); column++) {
        double z = depth.at(column, row);
        if (z > 0 && z <= zMax) {
          Vector3 p = camera.unproject(Pixel.centre(column, row), z);
          points[n] = p.x();
          points[n + 1] = p.y();
          points[n + 2] = p.z();
          if (rgb != null && colours != null) {
            System.arraycopy(rgb, 3 * (row * k.width() + column), colours, n, 3);
          }
          n += 3;
        }
      }
    }
    return new PointCloud(
        Arrays.copyOf(points, n), colours == null ? null : Arrays.copyOf(colours, n));
  }

  public int size() {
    return xyz.length / 3;
  }

  public Vector3 get(int i) {
    return new Vector3(xyz[3 * i], xyz[3 * i + 1], xyz[3 * i + 2]);
  }

  /** Three numbers a point, copied. */
  public double[] toArray() {
    return xyz.clone();
  }

  /** Three bytes a point, copied; null without colours. */
  public byte @Nullable [] colours() {
    return rgb == null ? null : rgb.clone();
  }

  /** Coordinates without a copy, for this package, which only reads them. */
  double[] coordinates() {
    return xyz;
  }

  /** The points with these indices, in this order. */
  public PointCloud select(int[] indices) {
    double[] points = new double[3 * indices.length];
    byte[] colours = rgb == null ? null : new byte[points.length];
    for (int i = 0; i < indices.length; i++) {
      System.arraycopy(xyz, 3 * indices[i], points, 3 * i, 3);
      if (rgb != null && colours != null) {
        System.arraycopy(rgb, 3 * indices[i], colours, 3 * i, 3);
      }
    }
    return new PointCloud(points, colours);
  }

  /** The same points in frame a. */
  public PointCloud transformed(RigidTransform aFromThis) {
    double[] points = new double[xyz.length];
    for (int i = 0; i < size(); i++) {
      Vector3 p = aFromThis.apply(get(i));
      points[3 * i] = p.x();
      points[3 * i + 1] = p.y();
      points[3 * i + 2] = p.z();
    }
    return new PointCloud(points, rgb);
  }

  /**
   * Mean of the points.
   *
   * @throws GeometryException if there are none
   */
  public Vector3 centroid() {
    if (xyz.length == 0) {
      throw new GeometryException("centroid: the cloud is empty");
    }
    Vector3 sum = Vector3.ZERO;
    for (int i = 0; i < size(); i++) {
      sum = sum.plus(get(i));
    }
    return sum.times(1.0 / size());
  }
}
