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
   * in order. What was shown of other episodes changes nothing, also if up to {@link Episodes#MOST}
   * of them take turns. Without views, or without anything to label, there are no objects; masks
   * have the size of the view's picture.
   *
   * @param episode number within its data set
   * @param frame number within the episode
   * @param observation what was seen there
   * @throws IllegalArgumentException if a teacher that remembers is shown a frame after a later one
   */
  List<LabelledObject> label(int episode, int frame, Observation observation);

  @Override
  default void close() {}
}
