package io.github.vla3d.geometry;

/**
 * How a lens moves the point (x, y, 1) of the camera frame before K is applied. Pictures are freed
 * from it where they enter ({@link Rectifier}); behind that border every camera is a pinhole.
 */
public sealed interface Distortion {
  /** No lens. */
  BrownConrady NONE = BrownConrady.of(0, 0, 0, 0, 0);

  /** Where the lens puts a point of the plane z = 1. */
  Plane distort(double x, double y);

  /** A point of the plane z = 1 of the camera frame. */
  record Plane(double x, double y) {}

  /**
   * The inverse of {@link #distort}, by Newton's method.
   *
   * @throws GeometryException if no point is found: the place lies beyond what the lens can show
   */
  default Plane undistort(double x, double y) {
    double h = 1e-6;
    double px = x;
    double py = y;
    for (int i = 0; i < 50; i++) {
      Plane at = distort(px, py);
      double ex = at.x - x;
      double ey = at.y - y;
      if (Math.abs(ex) + Math.abs(ey) < 1e-14) {
        return new Plane(px, py);
      }
      Plane right = distort(px + h, py);
      Plane left = distort(px - h, py);
      Plane below = distort(px, py + h);
      Plane above = distort(px, py - h);
      double a = (right.x - left.x) / (2 * h);
      double b = (below.x - above.x) / (2 * h);
      double c = (right.y - left.y) / (2 * h);
      double d = (below.y - above.y) / (2 * h);
      double determinant = a * d - b * c;
      double dx = (d * ex - b * ey) / determinant;
      double dy = (a * ey - c * ex) / determinant;
      // A full step may leave the region where the model is one to one.
      double damping = Math.min(1, 0.3 / Math.max(1e-300, Math.hypot(dx, dy)));
      px -= damping * dx;
      py -= damping * dy;
      if (Math.hypot(damping * dx, damping * dy) < 1e-15 && Math.abs(ex) + Math.abs(ey) < 1e-12) {
        return new Plane(px, py);
      }
    }
    throw new GeometryException(
        "distortion: no point is seen at (" + x + ", " + y + ") by " + this);
  }

  /** The rational model of Brown and Conrady, with OpenCV's names of the coefficients. */
  record BrownConrady(
      double k1, double k2, double p1, double p2, double k3, double k4, double k5, double k6)
      implements Distortion {
    public BrownConrady {
      finite(k1, k2, p1, p2, k3, k4, k5, k6);
    }

    /** The five coefficients that most calibrations have, in OpenCV's order. */
    public static BrownConrady of(double k1, double k2, double p1, double p2, double k3) {
      return new BrownConrady(k1, k2, p1, p2, k3, 0, 0, 0);
    }

    @Override
    public Plane distort(double x, double y) {
      double r2 = x * x + y * y;
      double radial = (1 + r2 * (k1 + r2 * (k2 + r2 * k3))) / (1 + r2 * (k4 + r2 * (k5 + r2 * k6)));
      return new Plane(
          x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x),
          y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y);
    }
  }

  /**
   * The fisheye model of Kannala and Brandt: the angle to the axis takes the place of its tangent.
   */
  record Fisheye(double k1, double k2, double k3, double k4) implements Distortion {
    public Fisheye {
      finite(k1, k2, k3, k4);
    }

    @Override
    public Plane distort(double x, double y) {
      double r = Math.hypot(x, y);
      double angle = Math.atan(r);
      double a2 = angle * angle;
      double bent = angle * (1 + a2 * (k1 + a2 * (k2 + a2 * (k3 + a2 * k4))));
      double s = r < 1e-12 ? 1 : bent / r;
      return new Plane(s * x, s * y);
    }
  }

  private static void finite(double... coefficients) {
    for (double c : coefficients) {
      if (!Double.isFinite(c)) {
        throw new GeometryException("distortion: a coefficient is " + c);
      }
    }
  }
}
