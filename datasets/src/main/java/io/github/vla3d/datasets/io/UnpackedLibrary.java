package io.github.vla3d.datasets.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * DuckDB's native library, which its driver unpacks (70 MB) into the folder for temporary files and
 * removes at the end of the process. A process that is killed would leave it there, so it is
 * removed as soon as it is loaded: on Linux what is mapped needs no name.
 */
final class UnpackedLibrary {
  private static final Path MAPS = Path.of("/proc/self/maps");
  private static final String NAME = "libduckdb_java";

  private static boolean removed;

  private UnpackedLibrary() {}

  /** After the driver was loaded; does nothing where there is no Linux. */
  static synchronized void remove() {
    if (removed) {
      return;
    }
    removed = true;
    try {
      for (Path file : mapped()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException | UncheckedIOException e) {
      // Names that are no text, say. The driver removes it at the end.
    }
  }

  /** Copies of the library that this process has mapped from the folder for temporary files. */
  static List<Path> mapped() throws IOException {
    if (!Files.isReadable(MAPS)) {
      return List.of();
    }
    Path temporary = Path.of(System.getProperty("java.io.tmpdir")).toRealPath();
    try (Stream<String> lines = Files.lines(MAPS)) {
      return lines
          .filter(line -> line.indexOf('/') >= 0)
          .map(line -> Path.of(line.substring(line.indexOf('/'))))
          .filter(file -> temporary.equals(file.getParent()))
          .filter(file -> file.getFileName().toString().startsWith(NAME))
          .distinct()
          .toList();
    }
  }
}
