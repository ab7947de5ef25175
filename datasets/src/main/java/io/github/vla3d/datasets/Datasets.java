package io.github.vla3d.datasets;

import io.github.vla3d.data.DataException;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.ReadOptions;
import io.github.vla3d.datasets.folder.FolderDataset;
import io.github.vla3d.datasets.hdf5.LiberoDataset;
import io.github.vla3d.datasets.hdf5.RoboTwinDataset;
import io.github.vla3d.datasets.lerobot.LeRobotDataset;
import io.github.vla3d.datasets.scene.FrozenScenes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Opens a data set of any known format. */
public final class Datasets {
  /** Folders below a root that are searched for a sign of the format. */
  private static final int DEPTH = 6;

  private Datasets() {}

  /** Opens everything that is stored. */
  public static Dataset open(Path path) {
    return open(path, ReadOptions.ALL);
  }

  /**
   * Opens a data set: a LeRobot folder (by {@code meta/info.json}), a folder or file of LIBERO or
   * RoboTwin HDF5, a folder of {@code scene_XX.npz}, or folders with an {@code episode.json}.
   *
   * @throws DataException if it is none of these, or damaged
   */
  public static Dataset open(Path path, ReadOptions options) {
    if (Files.isRegularFile(path.resolve("meta").resolve("info.json"))) {
      return LeRobotDataset.open(path, options);
    }
    if (!Files.exists(path)) {
      throw new DataException(path.toString(), null, -1, "a data set", "no such file or folder");
    }
    if (FrozenScenes.recognises(path)) {
      return FrozenScenes.open(path, options);
    }
    if (Files.isDirectory(path) && FolderDataset.recognises(path)) {
      return FolderDataset.open(path, options);
    }
    if (holdsHdf5(path)) {
      return RoboTwinDataset.recognises(path)
          ? RoboTwinDataset.open(path, options)
          : LiberoDataset.open(path, options);
    }
    throw new DataException(
        path.toString(),
        null,
        -1,
        "meta/info.json, *.hdf5, scene_*.npz or episode.json",
        "none of them");
  }

  /** Whether a path is an HDF5 file or a folder with some. */
  public static boolean holdsHdf5(Path root) {
    try (Stream<Path> walk = Files.walk(root, DEPTH)) {
      return walk.anyMatch(
          path ->
              path.getFileName().toString().matches(".*\\.(hdf5|h5)") && Files.isRegularFile(path));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
