package io.github.vla3d.datasets.scene;

import io.github.vla3d.data.DataException;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.Episode;
import io.github.vla3d.data.ReadOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Frozen scenes that many cameras look at: pairs {@code scene_XX.npz} and {@code scene_XX.json}.
 * Each is an episode of one frame, without actions.
 *
 * <p>Arrays: {@code rgb} (V,H,W,3) u8, {@code depth_mm} (V,H,W) u16, {@code K} (V,3,3), {@code E}
 * (V,4,4) camera to world with axes right, down, forward, {@code eef_pos}, {@code eef_quat} (x y z
 * w), {@code state}; the JSON names the views and the task.
 */
public final class FrozenScenes implements Dataset {
  private final Path root;
  private final ReadOptions options;
  private final List<Path> files;

  private FrozenScenes(Path root, ReadOptions options, List<Path> files) {
    this.root = root;
    this.options = options;
    this.files = files;
  }

  /**
   * Opens a folder of scenes.
   *
   * @throws DataException if it holds none
   */
  public static FrozenScenes open(Path root, ReadOptions options) {
    try (Stream<Path> list = Files.list(root)) {
      List<Path> files =
          list.filter(path -> path.getFileName().toString().matches("scene_.*\\.npz"))
              .sorted(Comparator.naturalOrder())
              .toList();
      if (files.isEmpty()) {
        throw new DataException(root.toString(), null, -1, "files scene_XX.npz", "none");
      }
      return new FrozenScenes(root, options, files);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether a folder holds frozen scenes. */
  public static boolean recognises(Path root) {
    if (!Files.isDirectory(root)) {
      return false;
    }
    try (Stream<Path> list = Files.list(root)) {
      return list.anyMatch(
          path ->
              path.getFileName().toString().matches("scene_.*\\.npz") && Files.isRegularFile(path));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String name() {
    return Objects.toString(root.toAbsolutePath().normalize().getFileName(), "scenes");
  }

  @Override
  public int size() {
    return files.size();
  }

  @Override
  public int frames(int index) {
    Objects.checkIndex(index, files.size());
    return 1;
  }

  @Override
  public Episode episode(int index) {
    return new FrozenScene(files.get(index), options);
  }

  /** The files of the scenes. */
  List<Path> files() {
    return files;
  }

  @Override
  public void close() {}
}
