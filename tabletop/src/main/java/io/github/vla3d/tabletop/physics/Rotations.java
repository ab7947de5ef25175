package io.github.vla3d.tabletop.physics;

import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;

/**
 * Turns, by arithmetic that gives the same bits on every machine (StrictMath). Quaternions are x,
 * y, z, w.
 */
public final class Rotations {
  private Rotations() {}

  public static RigidTransform aboutX(double angle, Vector3 translation) {
    return about(1, 0, 0, angle, translation);
  }

  public static RigidTransform aboutY(double angle, Vector3 translation) {
    return about(0, 1, 0, angle, translation);
  }

  public static RigidTransform aboutZ(double angle, Vector3 translation) {
    return about(0, 0, 1, angle, translation);
  }

  private static RigidTransform about(
      double x, double y, double z, double angle, Vector3 translation) {
    double s = StrictMath.sin(angle / 2);
    return RigidTransform.fromQuaternion(
        x * s, y * s, z * s, StrictMath.cos(angle / 2), translation);
  }

  /** The quaternion of a rotation vector (axis times angle, radians). */
  public static double[] exp(double x, double y, double z) {
    double angle = Math.sqrt(x * x + y * y + z * z);
    double k = angle < 1e-9 ? 0.5 : StrictMath.sin(angle / 2) / angle;
    return new double[] {k * x, k * y, k * z, StrictMath.cos(angle / 2)};
  }

  /** The rotation vector of a quaternion, the short way round. */
  public static double[] log(double[] q) {
    double sign = q[3] < 0 ? -1 : 1;
    double s = Math.sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2]);
    double k = s < 1e-9 ? 2 * sign : 2 * sign * StrictMath.atan2(s, sign * q[3]) / s;
    return new double[] {k * q[0], k * q[1], k * q[2]};
  }

  /** The product a b, of length 1. */
  public static double[] product(double[] a, double[] b) {
    double x = a[3] * b[0] + a[0] * b[3] + a[1] * b[2] - a[2] * b[1];
    double y = a[3] * b[1] + a[1] * b[3] + a[2] * b[0] - a[0] * b[2];
    double z = a[3] * b[2] + a[2] * b[3] + a[0] * b[1] - a[1] * b[0];
    double w = a[3] * b[3] - a[0] * b[0] - a[1] * b[1] - a[2] * b[2];
    double n = 1 / Math.sqrt(x * x + y * y + z * z + w * w);
    return new double[] {x * n, y * n, z * n, w * n};
  }

  /** The inverse of a unit quaternion. */
  public static double[] conjugate(double[] q) {
    return new double[] {-q[0], -q[1], -q[2], q[3]};
  }

  /** The same rotation with the sign that is nearer to another quaternion. */
  public static double[] near(double[] q, double[] other) {
    double dot = q[0] * other[0] + q[1] * other[1] + q[2] * other[2] + q[3] * other[3];
    return dot < 0 ? new double[] {-q[0], -q[1], -q[2], -q[3]} : q;
  }
}
