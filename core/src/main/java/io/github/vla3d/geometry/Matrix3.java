package io.github.vla3d.geometry;

/** Row-major 3x3 matrices. */
final class Matrix3 {
  private Matrix3() {}

  static double[] product(double[] a, double[] b) {
    double[] c = new double[9];
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 3; j++) {
        c[3 * i + j] = a[3 * i] * b[j] + a[3 * i + 1] * b[3 + j] + a[3 * i + 2] * b[6 + j];
      }
    }
    return c;
  }

  static double[] transpose(double[] a) {
    return new double[] {a[0], a[3], a[6], a[1], a[4], a[7], a[2], a[5], a[8]};
  }

  static Vector3 apply(double[] a, Vector3 x) {
    return new Vector3(
        a[0] * x.x() + a[1] * x.y() + a[2] * x.z(),
        a[3] * x.x() + a[4] * x.y() + a[5] * x.z(),
        a[6] * x.x() + a[7] * x.y() + a[8] * x.z());
  }

  static double determinant(double[] a) {
    return a[0] * (a[4] * a[8] - a[5] * a[7])
        - a[1] * (a[3] * a[8] - a[5] * a[6])
        + a[2] * (a[3] * a[7] - a[4] * a[6]);
  }

  /** By cofactors; the caller knows that the matrix is regular. */
  static double[] inverse(double[] a) {
    double s = 1 / determinant(a);
    return new double[] {
      s * (a[4] * a[8] - a[5] * a[7]),
      s * (a[2] * a[7] - a[1] * a[8]),
      s * (a[1] * a[5] - a[2] * a[4]),
      s * (a[5] * a[6] - a[3] * a[8]),
      s * (a[0] * a[8] - a[2] * a[6]),
      s * (a[2] * a[3] - a[0] * a[5]),
      s * (a[3] * a[7] - a[4] * a[6]),
      s * (a[1] * a[6] - a[0] * a[7]),
      s * (a[0] * a[4] - a[1] * a[3])
    };
  }
}
