package io.github.vla3d.datasets.io;

import io.github.vla3d.data.DataException;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.DepthKind;
import io.github.vla3d.geometry.GeometryException;
import io.github.vla3d.geometry.Intrinsics;
import java.util.Optional;
import java.util.function.IntToDoubleFunction;

/**
 * Stored depth becomes planar metres here, once. A frame of nothing, and numbers that cannot be of
 * the kind that the source claims, are faults of the source and no depth.
 */
public final class Depths {
  private Depths() {}

  /**
   * @param stored one number per pixel, row-major
   * @param camera intrinsics of the picture, needed where the kind is a distance along the ray
   * @throws DataException on NaN, on a z-buffer outside [0, 1], or where no pixel has a depth
   */
  public static DepthImage of(
      DepthKind kind,
      float[] stored,
      int width,
      int height,
      Optional<Intrinsics> camera,
      Pictures.Origin origin) {
    boolean buffer = kind instanceof DepthKind.ZBuffer;
    for (int i = 0; i < stored.length; i++) {
      float value = stored[i];
      if (Float.isNaN(value) || (buffer && !(value >= 0 && value <= 1))) {
        throw origin.fault(
            buffer ? "a z-buffer within [0, 1]" : "numbers",
            value + " at column " + i % width + ", row " + i / width);
      }
    }
    return checked(kind, i -> stored[i], width, height, camera, origin);
  }

  /** As above, from unsigned 16-bit numbers. */
  public static DepthImage of(
      DepthKind kind,
      short[] stored,
      int width,
      int height,
      Optional<Intrinsics> camera,
      Pictures.Origin origin) {
    return checked(kind, i -> stored[i] & 0xffff, width, height, camera, origin);
  }

  private static DepthImage checked(
      DepthKind kind,
      IntToDoubleFunction stored,
      int width,
      int height,
      Optional<Intrinsics> camera,
      Pictures.Origin origin) {
    if (kind instanceof DepthKind.RayDistance && camera.isEmpty()) {
      throw origin.fault("intrinsics beside a depth along the ray", "none");
    }
    boolean any = false;
    for (int i = 0; i < width * height && !any; i++) {
      any = kind.planarMetres(stored.applyAsDouble(i), 1) > 0;
    }
    if (!any) {
      throw origin.fault("depth", "none in any pixel");
    }
    try {
      return DepthImage.of(
          kind, stored, camera.orElseGet(() -> Intrinsics.of(1, 1, 0, 0, width, height)));
    } catch (GeometryException e) {
      throw new DataException(
          origin.file(),
          origin.column(),
          origin.row(),
          "a depth map",
          String.valueOf(e.getMessage()),
          e);
    }
  }
}
