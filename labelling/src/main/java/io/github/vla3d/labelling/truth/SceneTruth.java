package io.github.vla3d.labelling.truth;

import io.github.vla3d.data.JsonFile;
import io.github.vla3d.datasets.io.Lru;
import io.github.vla3d.datasets.scene.ScenePairs;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.torch.io.NpyArray;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * In frozen scenes: {@code seg}, {@code object_names} and {@code object_center} of {@code
 * scene_XX.npz}. Episodes are the pairs of {@link ScenePairs}.
 */
final class SceneTruth implements Truth {
  private static final String SEGMENTATION = "seg";
  private static final String CENTRES = "object_center";
  private static final int KEPT = 4;

  private record Scene(NpyArray pictures, List<String> views, Centres centres) {}

  private final List<ScenePairs.Pair> pairs;
  private final Map<Integer, String> names = new HashMap<>();
  private final Lru<Path, Scene> scenes = Lru.ofCount(KEPT, gone -> {});

  SceneTruth(Path root) {
    this.pairs = ScenePairs.pairs(root);
    pairs.stream().map(ScenePairs.Pair::file).distinct().forEach(this::names);
  }

  private static JsonFile json(Path file) {
    String name = file.getFileName().toString();
    return JsonFile.read(file.resolveSibling(name.substring(0, name.length() - 4) + ".json"));
  }

  private void names(Path file) {
    JsonFile table = json(file).get("segmentation_ids");
    for (String key : table.keys()) {
      names.put(Integer.parseInt(key), table.text(key));
    }
  }

  private Scene scene(int episode) {
    Path file = pairs.get(episode).file();
    return scenes.get(
        file,
        () -> {
          JsonFile json = json(file);
          Map<String, NpyArray> arrays = NpzTruth.arrays(file, Set.of(SEGMENTATION, CENTRES));
          return new Scene(
              NpzTruth.array(file, arrays, SEGMENTATION),
              ScenePairs.views(json),
              new Centres(
                  file.toString(),
                  new Ids(file.toString(), json.get("segmentation_ids"))
                      .of(NpzTruth.texts(file, "object_names")),
                  NpzTruth.array(file, arrays, CENTRES).toDoubles()));
        });
  }

  @Override
  public Map<String, InstancePicture> pictures(int episode, int frame, Set<String> views) {
    Scene scene = scene(episode);
    Map<String, InstancePicture> found = new LinkedHashMap<>();
    for (String view : views) {
      int index = scene.views.indexOf(view);
      if (index >= 0) {
        found.put(
            view, NpzTruth.picture(pairs.get(episode).file(), SEGMENTATION, scene.pictures, index));
      }
    }
    return found;
  }

  @Override
  public Map<Integer, Vector3> centres(int episode, int frame) {
    return scene(episode).centres.at(0);
  }

  @Override
  public String name(int id) {
    return names.getOrDefault(id, "");
  }
}
