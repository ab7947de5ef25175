package io.github.vla3d.geometry;

import java.util.Arrays;
import java.util.Locale;

/**
 * A rotation and a translation: {@code x_a = R x_b + t}. A variable of this type is named {@code
 * aFromB}.
 *
 * <p>Every way in checks that R is a rotation, with room for matrices printed with four digits
 * ({@value #TOLERANCE}), and then takes the nearest exact rotation, so that inverse and composition
 * stay exact to rounding.
 */
public final class RigidTransform {
  /** Largest entry of |R^T R - I| that passes as a rotation. */
  public static final double TOLERANCE = 1e-3;

  /** Largest such entry of a transform that has been made exact. */
  private static final double EXACT = 1e-12;

  private static final RigidTransform IDENTITY =
      new RigidTransform(new double[] {1, 0, 0, 0, 1, 0, 0, 0, 1}, Vector3.ZERO);

  private final double[] r;
  private final Vector3 t;

  private RigidTransform(double[] r, Vector3 t) {
    this.r = r;
    this.t = t;
  }

  public static RigidTransform identity() {
    return IDENTITY;
  }

  public static RigidTransform translation(Vector3 t) {
    return of(IDENTITY.r, t);
  }

  /**
   * @param rotation nine numbers, row-major
   * @throws GeometryException if the matrix is no rotation (the message names the defect), or
   *     something is not finite
   */
  public static RigidTransform of(double[] rotation, Vector3 translation) {
    if (rotation.length != 9) {
      throw new GeometryException("rotation: wanted 9 numbers, got " + rotation.length);
    }
    for (double value : rotation) {
      if (!Double.isFinite(value)) {
        throw new GeometryException(
            "rotation: wanted finite numbers, got " + Arrays.toString(rotation));
      }
    }
    if (!translation.isFinite()) {
      throw new GeometryException("translation: wanted finite numbers, got " + translation);
    }
    double defect = defect(rotation);
    double determinant = Matrix3.determinant(rotation);
    if (defect > TOLERANCE || determinant < 0) {
      throw new GeometryException(
          String.format(
              Locale.ROOT,
              "rotation: wanted |R^T R - I| <= %.0e and determinant 1, got %.3g and %.6f in %s",
              TOLERANCE,
              defect,
              determinant,
              Arrays.toString(rotation)));
    }
    return new RigidTransform(nearestRotation(rotation), translation);
  }

  /**
   * @param matrix 16 numbers of a 4x4 matrix with last row 0 0 0 1, or the 12 of its upper rows
   * @throws GeometryException also if the last row is another
   */
  public static RigidTransform fromRowMajor(double[] matrix) {
    if (matrix.length != 16 && matrix.length != 12) {
      throw new GeometryException("rigid transform: wanted 4x4 or 3x4, got " + matrix.length);
    }
    if (matrix.length == 16
        && !Arrays.equals(Arrays.copyOfRange(matrix, 12, 16), new double[] {0, 0, 0, 1})) {
      throw new GeometryException(
          "rigid transform: wanted last row [0, 0, 0, 1], got "
              + Arrays.toString(Arrays.copyOfRange(matrix, 12, 16))
              + (matrix[3] == 0 && matrix[7] == 0 && matrix[11] == 0 && matrix[15] == 1
                  ? " (the matrix is transposed)"
                  : ""));
    }
    double[] m = matrix;
    return of(
        new double[] {m[0], m[1], m[2], m[4], m[5], m[6], m[8], m[9], m[10]},
        new Vector3(m[3], m[7], m[11]));
  }

  /**
   * The transform that {@link #toRowMajor} wrote, bit for bit: nothing is made orthogonal again.
   *
   * @param matrix 16 numbers of a 4x4 matrix, row-major
   * @throws GeometryException if they are not those of an exact transform
   */
  public static RigidTransform restored(double[] matrix) {
    RigidTransform near = fromRowMajor(matrix);
    double[] m = matrix;
    double[] r = {m[0], m[1], m[2], m[4], m[5], m[6], m[8], m[9], m[10]};
    if (defect(r) > EXACT) {
      throw new GeometryException(
          "rigid transform: wanted one as it was written, got " + Arrays.toString(matrix));
    }
    return new RigidTransform(r, near.t);
  }

  /**
   * From a quaternion whose norm is 1 to {@value #TOLERANCE}; its sign does not matter.
   *
   * @throws GeometryException if the norm is another
   */
  public static RigidTransform fromQuaternion(
      double x, double y, double z, double w, Vector3 translation) {
    double norm = Math.sqrt(x * x + y * y + z * z + w * w);
    if (!(Math.abs(norm - 1) <= TOLERANCE)) {
      throw new GeometryException(
          String.format(
              Locale.ROOT,
              "quaternion (x, y, z, w): wanted norm 1, got %.6f of (%s, %s, %s, %s)",
              norm,
              x,
              y,
              z,
              w));
    }
    double s = 2 / (norm * norm);
    return of(
        new double[] {
          1 - s * (y * y + z * z),
          s * (x * y - w * z),
          s * (x * z + w * y),
          s * (x * y + w * z),
          1 - s * (x * x + z * z),
          s * (y * z - w * x),
          s * (x * z - w * y),
          s * (y * z + w * x),
          1 - s * (x * x + y * y)
        },
        translation);
  }

  /** From a rotation vector (unit axis times angle in radians; any angle) and a translation. */
  public static RigidTransform fromAxisAngle(Vector3 axisAngle, Vector3 translation) {
    double half = axisAngle.norm() / 2;
    double s = half < 1e-8 ? 0.5 : Math.sin(half) / (2 * half);
    return fromQuaternion(
        s * axisAngle.x(), s * axisAngle.y(), s * axisAngle.z(), Math.cos(half), translation);
  }

  /** A motion as velocities over unit time: its linear part (metres) and its rotation vector. */
  public record Twist(Vector3 linear, Vector3 angular) {}

  /** The exponential map of SE(3): the motion along a screw with this constant twist. */
  public static RigidTransform exp(Twist twist) {
    Vector3 w = twist.angular();
    double angle = w.norm();
    // t = V v with V = I + a [w] + b [w]^2
    double half = angle / 2;
    double sinc = half < 1e-8 ? 1 : Math.sin(half) / half;
    double a = 0.5 * sinc * sinc;
    double b =
        angle < 1e-4
            ? 1 / 6.0 - angle * angle / 120
            : (angle - Math.sin(angle)) / (angle * angle * angle);
    Vector3 wv = w.cross(twist.linear());
    return fromAxisAngle(w, twist.linear().plus(wv.times(a)).plus(w.cross(wv).times(b)));
  }

  /** The inverse of {@link #exp}, with an angle of at most pi. */
  public Twist log() {
    Vector3 w = axisAngle();
    double angle = w.norm();
    // V^-1 = I - [w]/2 + c [w]^2
    double c =
        angle < 1e-4
            ? 1 / 12.0 + angle * angle / 720
            : (1 - angle / (2 * Math.tan(angle / 2))) / (angle * angle);
    Vector3 wt = w.cross(t);
    return new Twist(t.minus(wt.times(0.5)).plus(w.cross(wt).times(c)), w);
  }

  /** {@code aFromB.compose(bFromC)} is {@code aFromC}. */
  public RigidTransform compose(RigidTransform b) {
    double[] product = Matrix3.product(r, b.r);
    // Products of thousands of rotations (a simulator's) would drift without this.
    return new RigidTransform(nearestRotation(product), apply(b.t));
  }

  public RigidTransform inverse() {
    double[] transposed = Matrix3.transpose(r);
    return new RigidTransform(transposed, Matrix3.apply(transposed, t).times(-1));
  }

  /** The point in the frame on the left of the name. */
  public Vector3 apply(Vector3 point) {
    return Matrix3.apply(r, point).plus(t);
  }

  /** The direction in the frame on the left of the name. */
  public Vector3 rotate(Vector3 direction) {
    return Matrix3.apply(r, direction);
  }

  public Vector3 translation() {
    return t;
  }

  /** The rotation, nine numbers row-major, copied. */
  public double[] rotation() {
    return r.clone();
  }

  /** The 4x4 matrix, 16 numbers row-major. */
  public double[] toRowMajor() {
    return new double[] {
      r[0], r[1], r[2], t.x(), r[3], r[4], r[5], t.y(), r[6], r[7], r[8], t.z(), 0, 0, 0, 1
    };
  }

  /** The rotation as x, y, z, w with w >= 0. */
  public double[] quaternion() {
    // The largest of the four squares is at least 1/4: divide by that one (Shepperd 1978).
    double[] squares = {
      1 + r[0] - r[4] - r[8], 1 - r[0] + r[4] - r[8], 1 - r[0] - r[4] + r[8], 1 + r[0] + r[4] + r[8]
    };
    int largest = 3;
    for (int i = 0; i < 3; i++) {
      if (squares[i] > squares[largest]) {
        largest = i;
      }
    }
    double[] q =
        switch (largest) {
          case 0 -> new double[] {squares[0], r[1] + r[3], r[2] + r[6], r[7] - r[5]};
          case 1 -> new double[] {r[1] + r[3], squares[1], r[5] + r[7], r[2] - r[6]};
          case 2 -> new double[] {r[2] + r[6], r[5] + r[7], squares[2], r[3] - r[1]};
          default -> new double[] {r[7] - r[5], r[2] - r[6], r[3] - r[1], squares[3]};
        };
    double norm = Math.sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
    double sign = q[3] < 0 ? -1 / norm : 1 / norm;
    for (int i = 0; i < 4; i++) {
      q[i] *= sign;
    }
    return q;
  }

  /** The rotation vector, unit axis times an angle in [0, pi]. */
  public Vector3 axisAngle() {
    double[] q = quaternion();
    double s = Math.sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2]);
    double factor = s < 1e-12 ? 2 : 2 * Math.atan2(s, q[3]) / s;
    return new Vector3(factor * q[0], factor * q[1], factor * q[2]);
  }

  /** The angle of the rotation, in [0, pi]. */
  public double angle() {
    return axisAngle().norm();
  }

  /** Whether the two are the same to the given distance (metres) and angle (radians). */
  public boolean near(RigidTransform other, double metres, double radians) {
    return t.distance(other.t) <= metres && inverse().compose(other).angle() <= radians;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RigidTransform b && Arrays.equals(r, b.r) && t.equals(b.t);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(r) + t.hashCode();
  }

  @Override
  public String toString() {
    return "RigidTransform" + Arrays.toString(toRowMajor());
  }

  private static double defect(double[] r) {
    double[] gram = Matrix3.product(Matrix3.transpose(r), r);
    double defect = 0;
    for (int i = 0; i < 9; i++) {
      defect = Math.max(defect, Math.abs(gram[i] - (i % 4 == 0 ? 1 : 0)));
    }
    return defect;
  }

  /** Newton's iteration for the orthogonal factor: R <- (R + R^-T) / 2. */
  private static double[] nearestRotation(double[] rotation) {
    double[] r = rotation.clone();
    for (int i = 0; i < 5 && defect(r) > 4e-16; i++) {
      double[] inverse = Matrix3.inverse(r);
      for (int row = 0; row < 3; row++) {
        for (int column = 0; column < 3; column++) {
          r[3 * row + column] = (r[3 * row + column] + inverse[3 * column + row]) / 2;
        }
      }
    }
    return r;
  }
}
