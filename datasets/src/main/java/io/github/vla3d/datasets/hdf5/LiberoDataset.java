package io.github.vla3d.datasets.hdf5;

import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.Episode;
import io.github.vla3d.data.ReadOptions;
import io.github.vla3d.datasets.io.Lru;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * LIBERO's demonstrations: {@code SUITE/TASK_demo.hdf5} with groups {@code data/demo_N}, as
 * released (colour only) or with depth and cameras.
 *
 * <p>Pictures are raw OpenGL frames, bottom row first. They stay so; the cameras, which the files
 * give for the upright picture, are turned instead. Depth is the z-buffer with the planes in the
 * attributes.
 */
public final class LiberoDataset implements Dataset {
  private static final int OPEN_EPISODES = 32;

  private record Place(Path file, String group) {}

  private final Path root;
  private final ReadOptions options;
  private final Hdf5Files files;
  private final List<Place> places = new ArrayList<>();
  private final Lru<Integer, Episode> episodes = Lru.ofCount(OPEN_EPISODES, e -> {});

  private LiberoDataset(Path root, ReadOptions options, Hdf5Files files) {
    this.root = root;
    this.options = options;
    this.files = files;
    for (Path path : files.paths()) {
      for (String demo : files.get(path).children("data")) {
        places.add(new Place(path, "data/" + demo));
      }
    }
  }

  /**
   * Opens one file, or all files under a folder in the order of their names.
   *
   * @throws io.github.vla3d.data.DataException if there is none or one is damaged
   */
  public static LiberoDataset open(Path root, ReadOptions options) {
    Hdf5Files files = Hdf5Files.under(root);
    boolean opened = false;
    try {
      LiberoDataset dataset = new LiberoDataset(root, options, files);
      opened = true;
      return dataset;
    } finally {
      if (!opened) {
        files.close();
      }
    }
  }

  @Override
  public String name() {
    return Objects.toString(root.toAbsolutePath().normalize().getFileName(), "dataset");
  }

  @Override
  public int size() {
    return places.size();
  }

  @Override
  public Episode episode(int index) {
    Place place = places.get(Objects.checkIndex(index, places.size()));
    return episodes.get(
        index, () -> new LiberoEpisode(() -> files.get(place.file()), place.group(), options));
  }

  @Override
  public void close() {
    episodes.clear();
    files.close();
  }
}
