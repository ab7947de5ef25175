package io.github.vla3d.datasets.folder;

import io.github.vla3d.data.DataException;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.Episode;
import io.github.vla3d.data.ReadOptions;
import io.github.vla3d.datasets.io.Lru;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Plain folders, for people with a depth camera and nothing else: one folder per episode with an
 * {@code episode.json} and the pictures that it names, or one folder of such folders.
 *
 * <pre>{@code
 * {
 *   "format": "vla3d-folder-1",
 *   "task": "put the cup on the plate",
 *   "fps": 15,
 *   "cameras": {
 *     "front": {
 *       "width": 640, "height": 480,
 *       "fx": 612.1, "fy": 611.9, "cx": 322.4, "cy": 241.0,
 *       "pixel_centre": "integer",          // or "half"; RealSense and OpenCV: integer
 *       "distortion": [k1, k2, p1, p2, k3], // optional; taken out of colour and depth
 * "depth_unit": "mm",                 // or "m"; 16-bit PNG
 *       "depth_kind": "planar",             // or "ray": the distance from the camera
 *       "world_from_camera": [16 numbers]   // row-major, axes right, down, forward, metres
 *     }
 *   },
 *   "frames": [
 *     {
 *       "time": 0.0,
 *       "state": [..], "action": [..],                       // optional, alike in every frame
 *       "effectors": [{"position": [3], "quaternion": [4]}], // optional, x y z w
 *       "views": {"front": {"rgb": "rgb/0.png", "depth": "depth/0.png",
 *                           "world_from_camera": [16]}}      // the last for moving cameras
 *     }
 *   ]
 * }
 * }</pre>
 *
 * <p>Depth must be aligned to the colour picture. A camera without a pose is none: write the
 * identity where the camera itself is the world.
 */
public final class FolderDataset implements Dataset {
  static final String DESCRIPTION = "episode.json";
  private static final int OPEN_EPISODES = 32;

  private final Path root;
  private final ReadOptions options;
  private final List<Path> folders;
  private final Lru<Integer, Episode> episodes = Lru.ofCount(OPEN_EPISODES, e -> {});

  private FolderDataset(Path root, ReadOptions options, List<Path> folders) {
    this.root = root;
    this.options = options;
    this.folders = folders;
  }

  /**
   * Opens an episode's folder, or a folder of episodes in the order of their names.
   *
   * @throws DataException if there is no {@code episode.json}
   */
  public static FolderDataset open(Path root, ReadOptions options) {
    if (Files.isRegularFile(root.resolve(DESCRIPTION))) {
      return new FolderDataset(root, options, List.of(root));
    }
    try (Stream<Path> list = Files.list(root)) {
      List<Path> folders =
          list.filter(path -> Files.isRegularFile(path.resolve(DESCRIPTION)))
              .sorted(Comparator.naturalOrder())
              .toList();
      if (folders.isEmpty()) {
        throw new DataException(root.toString(), null, -1, "folders with " + DESCRIPTION, "none");
      }
      return new FolderDataset(root, options, folders);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether a folder looks like this format. */
  public static boolean recognises(Path root) {
    if (Files.isRegularFile(root.resolve(DESCRIPTION))) {
      return true;
    }
    try (Stream<Path> list = Files.list(root)) {
      return list.anyMatch(path -> Files.isRegularFile(path.resolve(DESCRIPTION)));
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public String name() {
    return Objects.toString(root.toAbsolutePath().normalize().getFileName(), "folder");
  }

  @Override
  public int size() {
    return folders.size();
  }

  @Override
  public Episode episode(int index) {
    Path folder = folders.get(Objects.checkIndex(index, folders.size()));
    return episodes.get(index, () -> new FolderEpisode(folder, options));
  }

  @Override
  public void close() {
    episodes.clear();
  }
}
