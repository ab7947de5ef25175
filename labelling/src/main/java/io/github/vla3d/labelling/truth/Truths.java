package io.github.vla3d.labelling.truth;

import io.github.vla3d.datasets.Datasets;
import io.github.vla3d.datasets.scene.FrozenScenes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Finds the truth that a data set carries. */
public final class Truths {
  private Truths() {}

  /**
   * Opens the truth of a data set; empty where it has none.
   *
   * @throws io.github.vla3d.data.DataException if it has some, and that is damaged
   */
  public static Optional<Truth> open(Path root) {
    if (Files.isRegularFile(root.resolve("meta/info.json"))) {
      return LeRobotTruth.recognises(root) ? Optional.of(new LeRobotTruth(root)) : Optional.empty();
    }
    if (FrozenScenes.recognises(root)) {
      return Optional.of(new SceneTruth(root));
    }
    return Datasets.holdsHdf5(root)
        ? Optional.ofNullable(LiberoTruth.open(root))
        : Optional.empty();
  }
}
