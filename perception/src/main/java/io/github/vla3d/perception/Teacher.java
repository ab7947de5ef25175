package io.github.vla3d.perception;

import io.github.vla3d.data.Observation;
import java.util.List;
import java.util.Map;

/** Labels frames: which objects are where. Deterministic; never on the path of a control step. */
public interface Teacher extends AutoCloseable {
  /** Its name on the command line. */
  String name();

  /**
   * What its labels depend on besides the recordings: version, parameters, hashes of its files.
   * Equal for equal labels, in a fixed order.
   */
  default Map<String, String> provenance() {
    return Map.of();
  }

  /**
   * The objects of a frame; empty if there are none or nothing is known.
   *
   * <p>Teachers may remember: an episode is shown from frame 0 on, every frame that could be read,
   * in order. What was shown of other episodes, in whatever order, changes nothing.
   *
   * @param episode number within its data set
   * @param frame number within the episode
   * @param observation what was seen there
   */
  List<LabelledObject> label(int episode, int frame, Observation observation);

  @Override
  default void close() {}
}
