package io.github.vla3d.scene.learning;

import org.jspecify.annotations.Nullable;

/**
 * A box or an upright cylinder that stands on the table z = 0, turned about z. Metres.
 *
 * @param round whether it is a cylinder
 * @param x of its middle
 * @param y of its middle
 * @param halfX half its length, or its radius
 * @param halfY half its width, or its radius
 * @param halfZ half its height
 * @param yaw radians
 * @param colour red, green and blue in [0, 1]
 */
record Thing(
    boolean round,
    double x,
    double y,
    double halfX,
    double halfY,
    double halfZ,
    double yaw,
    float[] colour) {

  /** Where a ray meets a thing: its parameter and the normal in the world. */
  record Hit(double t, double nx, double ny, double nz) {}

  /** Radius of the circle on the table that it fits in. */
  double reach() {
    return round ? halfX : Math.hypot(halfX, halfY);
  }

  /**
   * The first hit in front of the origin, or null.
   *
   * @param o origin
   * @param d direction
   */
  @Nullable Hit hit(double[] o, double[] d) {
    double c = Math.cos(yaw);
    double s = Math.sin(yaw);
    double[] p = {c * (o[0] - x) + s * (o[1] - y), c * (o[1] - y) - s * (o[0] - x), o[2] - halfZ};
    double[] r = {c * d[0] + s * d[1], c * d[1] - s * d[0], d[2]};
    double[] n = new double[3];
    double t = round ? cylinder(p, r, n) : box(p, r, n);
    return Double.isNaN(t) ? null : new Hit(t, c * n[0] - s * n[1], s * n[0] + c * n[1], n[2]);
  }

  private double box(double[] p, double[] r, double[] normal) {
    double[] half = {halfX, halfY, halfZ};
    double near = Double.NEGATIVE_INFINITY;
    double far = Double.POSITIVE_INFINITY;
    int axis = 0;
    for (int i = 0; i < 3; i++) {
      double a = (-half[i] - p[i]) / r[i];
      double b = (half[i] - p[i]) / r[i];
      if (Math.min(a, b) > near) {
        near = Math.min(a, b);
        axis = i;
      }
      far = Math.min(far, Math.max(a, b));
    }
    normal[axis] = -Math.signum(r[axis]);
    return near <= far && near > 0 ? near : Double.NaN;
  }

  private double cylinder(double[] p, double[] r, double[] normal) {
    double a = r[0] * r[0] + r[1] * r[1];
    double b = p[0] * r[0] + p[1] * r[1];
    double c = p[0] * p[0] + p[1] * p[1] - halfX * halfX;
    double root = Math.sqrt(b * b - a * c);
    double side = (-b - root) / a;
    if (side > 0 && Math.abs(p[2] + side * r[2]) <= halfZ) {
      normal[0] = (p[0] + side * r[0]) / halfX;
      normal[1] = (p[1] + side * r[1]) / halfX;
      return side;
    }
    double top = (halfZ - p[2]) / r[2];
    if (top > 0 && Math.hypot(p[0] + top * r[0], p[1] + top * r[1]) <= halfX) {
      normal[2] = 1;
      return top;
    }
    return Double.NaN;
  }
}
