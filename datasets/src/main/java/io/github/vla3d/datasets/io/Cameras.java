package io.github.vla3d.datasets.io;

import io.github.vla3d.data.DataException;
import io.github.vla3d.geometry.GeometryException;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import java.util.function.Supplier;

/** Turns a complaint of geometry into one that names file, column and row. */
public final class Cameras {
  private Cameras() {}

  /**
   * Builds a camera or a pose out of stored numbers.
   *
   * @param wanted what the numbers should be, for the message
   */
  public static <T> T checked(
      String file, String column, long row, String wanted, Supplier<T> build) {
    try {
      return build.get();
    } catch (GeometryException e) {
      throw new DataException(file, column, row, wanted, String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * The pose of an end-effector.
   *
   * @param wanted how its quaternion is stored, for the message
   * @param position of three numbers, metres
   * @param x of the quaternion, and so on; the scalar is w
   */
  public static RigidTransform effector(
      String file,
      String column,
      long row,
      String wanted,
      double[] position,
      double x,
      double y,
      double z,
      double w) {
    return checked(
        file,
        column,
        row,
        wanted,
        () ->
            RigidTransform.fromQuaternion(
                x, y, z, w, new Vector3(position[0], position[1], position[2])));
  }
}
