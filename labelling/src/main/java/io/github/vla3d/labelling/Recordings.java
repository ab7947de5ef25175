package io.github.vla3d.labelling;

import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.ReadOptions;
import io.github.vla3d.datasets.Datasets;
import io.github.vla3d.datasets.scene.FrozenScenes;
import io.github.vla3d.datasets.scene.ScenePairs;
import java.nio.file.Path;

/** Opens what is to be labelled. */
public final class Recordings {
  private Recordings() {}

  /**
   * As {@link Datasets}, but of frozen scenes the pairs of cameras that a robot would have.
   *
   * @throws io.github.vla3d.data.DataException if it is no data set, or damaged
   */
  public static Dataset open(Path path, ReadOptions options) {
    return FrozenScenes.recognises(path)
        ? ScenePairs.open(path, options)
        : Datasets.open(path, options);
  }
}
