package io.github.vla3d.datasets.io;

import io.github.vla3d.data.DataException;
import io.github.vla3d.geometry.GeometryException;
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
}
