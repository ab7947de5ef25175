package io.github.vla3d.datasets.hdf5;

import io.github.vla3d.data.DataException;
import io.github.vla3d.datasets.io.Lru;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** The HDF5 files under a folder, of which only a few are open at a time. */
public final class Hdf5Files implements AutoCloseable {
  private static final int OPEN = 4;

  private final List<Path> paths;
  private final Lru<Path, Hdf5> open = Lru.ofCount(OPEN, Hdf5::close);

  private Hdf5Files(List<Path> paths) {
    this.paths = paths;
  }

  /** A file alone, or all below a folder in the order of their names. */
  public static Hdf5Files under(Path root) {
    if (Files.isRegularFile(root)) {
      return new Hdf5Files(List.of(root));
    }
    try (Stream<Path> walk = Files.walk(root)) {
      List<Path> paths =
          walk.filter(path -> path.getFileName().toString().matches(".*\\.(hdf5|h5)"))
              .filter(Files::isRegularFile)
              .sorted(Comparator.comparing(Path::toString))
              .toList();
      if (paths.isEmpty()) {
        throw new DataException(root.toString(), null, -1, "HDF5 files", "none");
      }
      return new Hdf5Files(paths);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public List<Path> paths() {
    return paths;
  }

  public Hdf5 get(Path path) {
    return open.get(path, () -> new Hdf5(path));
  }

  @Override
  public void close() {
    open.clear();
  }
}
