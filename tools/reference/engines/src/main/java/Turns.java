/** Vectors, and quaternions (x, y, z, w). */
final class Turns {
  private Turns() {}

  static double[] product(double[] a, double[] b) {
    return new double[] {
      a[3] * b[0] + a[0] * b[3] + a[1] * b[2] - a[2] * b[1],
      a[3] * b[1] + a[1] * b[3] + a[2] * b[0] - a[0] * b[2],
      a[3] * b[2] + a[2] * b[3] + a[0] * b[1] - a[1] * b[0],
      a[3] * b[3] - a[0] * b[0] - a[1] * b[1] - a[2] * b[2]
    };
  }

  static double[] aboutZ(double turn) {
    return new double[] {0, 0, Math.sin(turn / 2), Math.cos(turn / 2)};
  }

  static double[] conjugate(double[] q) {
    return new double[] {-q[0], -q[1], -q[2], q[3]};
  }

  static double[] turn(double[] q, double[] v) {
    return product(product(q, new double[] {v[0], v[1], v[2], 0}), conjugate(q));
  }

  /** Axis times angle, the short way round. */
  static double[] log(double[] q) {
    double s = Math.sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2]);
    double sign = q[3] < 0 ? -1 : 1;
    double k = s < 1e-12 ? 2 * sign : 2 * sign * Math.atan2(s, sign * q[3]) / s;
    return new double[] {k * q[0], k * q[1], k * q[2]};
  }

  static double[] cross(double[] a, double[] b) {
    return new double[] {
      a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]
    };
  }

  /** Of the first three numbers. */
  static double length(double[] v) {
    return Math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
  }

  /** Millimetres and degrees between two poses of seven numbers. */
  static double[] apart(double[] a, double[] b) {
    double[] way = {b[0] - a[0], b[1] - a[1], b[2] - a[2]};
    double[] from = {-a[3], -a[4], -a[5], a[6]};
    double angle = length(log(product(from, new double[] {b[3], b[4], b[5], b[6]})));
    return new double[] {1e3 * length(way), Math.toDegrees(angle)};
  }
}
