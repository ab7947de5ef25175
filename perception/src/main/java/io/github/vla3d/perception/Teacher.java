package io.github.vla3d.perception;

import io.github.vla3d.data.Observation;
import java.util.List;

/** Labels frames: which objects are where. Deterministic; never on the path of a control step. */
public interface Teacher extends AutoCloseable {
  /** Its name on the command line. */
  String name();

  /**
   * The objects of a frame; empty if there are none or nothing is known.
   *
   * @param episode number within its data set
   * @param frame number within the episode
   * @param observation what was seen there
   */
  List<LabelledObject> label(int episode, int frame, Observation observation);

  @Override
  default void close() {}
}
