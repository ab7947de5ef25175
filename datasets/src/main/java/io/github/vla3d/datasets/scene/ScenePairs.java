package io.github.vla3d.datasets.scene;

import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.Episode;
import io.github.vla3d.data.JsonFile;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.Provenance;
import io.github.vla3d.data.ReadOptions;
import io.github.vla3d.data.Track;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Frozen scenes as a robot would see them: each moved camera together with the one at the wrist is
 * an episode of one frame. The camera that stands where it always stands is left out.
 */
public final class ScenePairs implements Dataset {
  private static final Set<String> UNMOVED = Set.of("base", "wrist");

  /**
   * Two cameras of a scene.
   *
   * @param file of the scene
   * @param moved name of the camera that was moved
   * @param wrist name of the camera at the wrist
   */
  public record Pair(Path file, String moved, String wrist) {}

  private final FrozenScenes scenes;
  private final ReadOptions options;
  private final List<Pair> pairs;

  private ScenePairs(FrozenScenes scenes, ReadOptions options, List<Pair> pairs) {
    this.scenes = scenes;
    this.options = options;
    this.pairs = pairs;
  }

  /**
   * Opens a folder of scenes.
   *
   * @throws io.github.vla3d.data.DataException if it holds none
   */
  public static ScenePairs open(Path root, ReadOptions options) {
    return new ScenePairs(FrozenScenes.open(root, options), options, pairs(root));
  }

  /** The pairs of a folder of scenes, in the order of the episodes. */
  public static List<Pair> pairs(Path root) {
    List<Pair> pairs = new ArrayList<>();
    for (Path file : FrozenScenes.open(root, ReadOptions.ALL).files()) {
      String name = file.getFileName().toString();
      JsonFile json =
          JsonFile.read(file.resolveSibling(name.substring(0, name.length() - 4) + ".json"));
      List<JsonFile> views = json.get("views").elements();
      JsonFile wrist =
          views.stream()
              .filter(view -> view.text("kind", "").equals("wrist"))
              .findFirst()
              .orElseThrow(() -> json.fault("views", "one of kind wrist", "none"));
      views.stream()
          .filter(view -> !UNMOVED.contains(view.text("kind", "")))
          .forEach(view -> pairs.add(new Pair(file, view.text("name"), wrist.text("name"))));
    }
    return List.copyOf(pairs);
  }

  /** Names of the views of a scene, in the order of its arrays. */
  public static List<String> views(JsonFile scene) {
    return FrozenScene.views(scene);
  }

  @Override
  public String name() {
    return scenes.name();
  }

  @Override
  public int size() {
    return pairs.size();
  }

  @Override
  public int frames(int index) {
    Objects.checkIndex(index, pairs.size());
    return 1;
  }

  @Override
  public Episode episode(int index) {
    Pair pair = pairs.get(Objects.checkIndex(index, pairs.size()));
    ReadOptions two =
        new ReadOptions(Set.of(pair.moved, pair.wrist), options.depth(), options.depthFeatures());
    return new One(new FrozenScene(pair.file, two), pair.moved);
  }

  @Override
  public void close() {
    scenes.close();
  }

  /** The scene, under a name that tells the pairs apart. */
  private record One(FrozenScene scene, String moved) implements Episode {
    @Override
    public String name() {
      return scene.name() + "/" + moved;
    }

    @Override
    public String task() {
      return scene.task();
    }

    @Override
    public int frames() {
      return scene.frames();
    }

    @Override
    public double framesPerSecond() {
      return scene.framesPerSecond();
    }

    @Override
    public List<String> viewNames() {
      return scene.viewNames();
    }

    @Override
    public Observation observation(int frame) {
      return scene.observation(frame);
    }

    @Override
    public Track states() {
      return scene.states();
    }

    @Override
    public Track actions() {
      return scene.actions();
    }

    @Override
    public Provenance provenance() {
      return scene.provenance();
    }
  }
}
