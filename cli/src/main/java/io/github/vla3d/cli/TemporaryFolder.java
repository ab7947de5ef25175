package io.github.vla3d.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A folder for as long as it is open; also gone if the program is ended before. */
final class TemporaryFolder implements AutoCloseable {
  private final Path path;
  private final Thread cleaner;

  TemporaryFolder(String prefix) throws IOException {
    this.path = Files.createTempDirectory(prefix);
    this.cleaner = new Thread(this::delete, "cleaner");
    Runtime.getRuntime().addShutdownHook(cleaner);
  }

  Path path() {
    return path;
  }

  private void delete() {
    try (Stream<Path> files = Files.walk(path)) {
      List<Path> inside = files.sorted(Comparator.reverseOrder()).toList();
      for (Path file : inside) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      System.err.println("vla3d: left behind: " + path + ": " + e.getMessage());
    }
  }

  @Override
  public void close() {
    Runtime.getRuntime().removeShutdownHook(cleaner);
    delete();
  }
}
