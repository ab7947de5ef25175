package io.github.vla3d.geometry;

/** A point or a direction in some 3D frame. */
public record Vector3(double x, double y, double z) {
  public static final Vector3 ZERO = new Vector3(0, 0, 0);

  public Vector3 plus(Vector3 b) {
    return new Vector3(x + b.x, y + b.y, z + b.z);
  }

  public Vector3 minus(Vector3 b) {
    return new Vector3(x - b.x, y - b.y, z - b.z);
  }

  public Vector3 times(double s) {
    return new Vector3(s * x, s * y, s * z);
  }

  public double dot(Vector3 b) {
    return x * b.x + y * b.y + z * b.z;
  }

  public Vector3 cross(Vector3 b) {
    return new Vector3(y * b.z - z * b.y, z * b.x - x * b.z, x * b.y - y * b.x);
  }

  public double norm() {
    return Math.sqrt(dot(this));
  }

  public double distance(Vector3 b) {
    return minus(b).norm();
  }

  /**
   * The same direction with length 1.
   *
   * @throws GeometryException if this is zero or not finite
   */
  public Vector3 normalized() {
    double norm = norm();
    if (!(norm > 0) || Double.isInfinite(norm)) {
      throw new GeometryException("direction: wanted a finite vector other than 0, got " + this);
    }
    return times(1 / norm);
  }

  public boolean isFinite() {
    return Double.isFinite(x) && Double.isFinite(y) && Double.isFinite(z);
  }
}
