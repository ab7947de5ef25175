package io.github.vla3d.datasets.hdf5;

import io.github.vla3d.data.DataException;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.Episode;
import io.github.vla3d.data.ReadOptions;
import io.github.vla3d.datasets.io.Lru;
import java.nio.file.Path;
import java.util.Objects;

/**
 * RoboTwin 2.0 recordings in HDF5, one episode a file, in both layouts that are about: the first
 * ({@code observation/CAMERA/rgb}, {@code joint_action/vector}) and XPolicyLab v1.0 ({@code
 * vision/CAMERA/colors}, {@code state}, {@code action}).
 *
 * <p>No released file was at hand: the reader follows the published writers' description, and its
 * tests run on files made by {@code tools/reference/robotwin.py}.
 */
public final class RoboTwinDataset implements Dataset {
  private static final int OPEN_EPISODES = 32;

  private final Path root;
  private final ReadOptions options;
  private final Hdf5Files files;
  private final Lru<Integer, Episode> episodes = Lru.ofCount(OPEN_EPISODES, e -> {});

  private RoboTwinDataset(Path root, ReadOptions options, Hdf5Files files) {
    this.root = root;
    this.options = options;
    this.files = files;
  }

  /**
   * Opens one file, or all files under a folder in the order of their names.
   *
   * @throws DataException if there is none
   */
  public static RoboTwinDataset open(Path root, ReadOptions options) {
    return new RoboTwinDataset(root, options, Hdf5Files.under(root));
  }

  /** Whether the first file under a folder is in one of the two layouts. */
  public static boolean recognises(Path root) {
    try (Hdf5Files files = Hdf5Files.under(root)) {
      Hdf5 first = files.get(files.paths().get(0));
      return first.has("observation") || first.has("vision");
    }
  }

  @Override
  public String name() {
    return Objects.toString(root.toAbsolutePath().normalize().getFileName(), "dataset");
  }

  @Override
  public int size() {
    return files.paths().size();
  }

  @Override
  public Episode episode(int index) {
    Path path = files.paths().get(Objects.checkIndex(index, size()));
    return episodes.get(index, () -> new RoboTwinEpisode(() -> files.get(path), path, options));
  }

  @Override
  public void close() {
    episodes.clear();
    files.close();
  }
}
