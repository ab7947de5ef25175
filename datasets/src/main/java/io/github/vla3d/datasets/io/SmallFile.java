package io.github.vla3d.datasets.io;

import io.github.vla3d.data.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Small files, read whole. */
public final class SmallFile {
  /** A single picture is never larger. */
  private static final long MAX_BYTES = 256L << 20;

  private SmallFile() {}

  /**
   * The bytes of a file.
   *
   * @throws DataException if it is missing or larger than any picture
   */
  public static byte[] bytes(Path path) {
    try {
      if (!Files.isRegularFile(path)) {
        throw new DataException(path.toString(), null, -1, "a file", "no such file");
      }
      long size = Files.size(path);
      if (size > MAX_BYTES) {
        throw new DataException(
            path.toString(), null, -1, "at most " + MAX_BYTES + " bytes", size + " bytes");
      }
      return Files.readAllBytes(path);
    } catch (IOException e) {
      throw new DataException(
          path.toString(), null, -1, "a readable file", String.valueOf(e.getMessage()), e);
    }
  }
}
