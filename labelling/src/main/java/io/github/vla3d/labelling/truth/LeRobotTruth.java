package io.github.vla3d.labelling.truth;

import io.github.vla3d.data.JsonFile;
import io.github.vla3d.datasets.io.Lru;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.torch.io.NpyArray;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Beside a LeRobotDataset: {@code privileged/episode_NNNNNN.npz} with {@code seg_VIEW}, {@code
 * object_names} and {@code object_center}, and the names of ids in {@code meta/info.json}. The
 * recordings of Tabletop have the same layout.
 */
final class LeRobotTruth implements Truth {
  private static final String SEGMENTATION = "seg_";
  private static final String CENTRES = "object_center";
  private static final int KEPT = 4;

  private final Path root;
  private final Ids ids;
  private final Lru<String, Map<String, NpyArray>> pictures = Lru.ofCount(KEPT, gone -> {});
  private final Map<Integer, Centres> centres = new HashMap<>();

  LeRobotTruth(Path root) {
    this.root = root;
    Path info = root.resolve("meta/info.json");
    this.ids = new Ids(info.toString(), JsonFile.read(info).get("segmentation_ids"));
  }

  static boolean recognises(Path root) {
    return Files.isRegularFile(root.resolve("meta/info.json"))
        && Files.isDirectory(root.resolve("privileged"));
  }

  private Path file(int episode) {
    return root.resolve("privileged/episode_%06d.npz".formatted(episode));
  }

  @Override
  public Map<String, InstancePicture> pictures(int episode, int frame, Set<String> views) {
    Path file = file(episode);
    Set<String> wanted = new HashSet<>();
    views.forEach(view -> wanted.add(SEGMENTATION + view));
    Map<String, NpyArray> arrays =
        pictures.get(
            episode + " " + String.join(" ", views.stream().sorted().toList()),
            () -> NpzTruth.arrays(file, wanted));
    Map<String, InstancePicture> found = new LinkedHashMap<>();
    for (String view : views) {
      NpyArray all = arrays.get(SEGMENTATION + view);
      if (all != null) {
        found.put(view, NpzTruth.picture(file, SEGMENTATION + view, all, frame));
      }
    }
    return found;
  }

  @Override
  public Map<Integer, Vector3> centres(int episode, int frame) {
    return centres.computeIfAbsent(episode, this::read).at(frame);
  }

  private Centres read(int episode) {
    Path file = file(episode);
    NpyArray array = NpzTruth.array(file, NpzTruth.arrays(file, Set.of(CENTRES)), CENTRES);
    return new Centres(
        file.toString(), ids.of(NpzTruth.texts(file, "object_names")), array.toDoubles());
  }

  @Override
  public String name(int id) {
    return ids.name(id);
  }
}
