package io.github.vla3d.training;

import io.github.vla3d.data.ActionChunks;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.SampleOrder;
import io.github.vla3d.perception.LabelledObject;
import java.util.List;

/** Where a training of the plug-in gets its samples from. For one thread at a time. */
interface SceneSource extends AutoCloseable {
  /**
   * A sample as it was recorded.
   *
   * @param observation in the world of its data set
   * @param objects in the same world
   */
  record Item(
      SampleOrder.Sample sample,
      Observation observation,
      ActionChunks.Chunk actions,
      List<LabelledObject> objects) {}

  /** The next one in the order of the samples. */
  Item next();

  @Override
  void close();
}
