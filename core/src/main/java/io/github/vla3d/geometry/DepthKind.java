package io.github.vla3d.geometry;

/**
 * What the numbers of a stored depth map mean. They are converted once, where they enter, to planar
 * z in metres.
 */
public sealed interface DepthKind {
  /** Planar z in metres. */
  Planar METRES = new Planar(1);

  /** Planar z in millimetres, as most 16-bit depth pictures have it. */
  Planar MILLIMETRES = new Planar(0.001);

  /**
   * The planar z in metres of one stored number, or 0 where it stands for none.
   *
   * @param rayLength distance from the camera per unit of z, at this pixel
   */
  double planarMetres(double stored, double rayLength);

  /** Planar z in any unit. */
  record Planar(double metresPerUnit) implements DepthKind {
    public Planar {
      positive("metres per unit", metresPerUnit);
    }

    @Override
    public double planarMetres(double stored, double rayLength) {
      return orNone(stored * metresPerUnit);
    }
  }

  /** Distance from the camera's centre, along the ray of the pixel. */
  record RayDistance(double metresPerUnit) implements DepthKind {
    public RayDistance {
      positive("metres per unit", metresPerUnit);
    }

    @Override
    public double planarMetres(double stored, double rayLength) {
      return orNone(stored * metresPerUnit / rayLength);
    }
  }

  /**
   * Depth buffer of OpenGL in [0, 1] with the planes of the projection in metres: z = near / (1 - d
   * (1 - near / far)). At 1 nothing was hit, so that stands for none, as do numbers outside [0, 1].
   */
  record ZBuffer(double near, double far) implements DepthKind {
    public ZBuffer {
      positive("near plane", near);
      if (!(far > near) || Double.isInfinite(far)) {
        throw new GeometryException("far plane: wanted more than near, " + near + ", got " + far);
      }
    }

    @Override
    public double planarMetres(double stored, double rayLength) {
      return stored >= 0 && stored < 1 ? near / (1 - stored * (1 - near / far)) : 0;
    }
  }

  /** Inverse depth or disparity: z = scale / d, for example with scale = focal * baseline. */
  record Inverse(double scale) implements DepthKind {
    public Inverse {
      positive("scale", scale);
    }

    @Override
    public double planarMetres(double stored, double rayLength) {
      return orNone(scale / stored);
    }
  }

  /** MuJoCo's depth buffer: its planes are given as multiples of the model's extent. */
  static ZBuffer mujoco(double znear, double zfar, double extent) {
    return new ZBuffer(znear * extent, zfar * extent);
  }

  private static double orNone(double metres) {
    return metres > 0 && metres < Double.POSITIVE_INFINITY ? metres : 0;
  }

  private static void positive(String name, double value) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new GeometryException(name + ": wanted a finite number above 0, got " + value);
    }
  }
}
