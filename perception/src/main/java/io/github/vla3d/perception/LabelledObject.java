package io.github.vla3d.perception;

import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * An object that a teacher has seen in some views of a frame.
 *
 * @param identity the same for one object over views and over the frames of an episode
 * @param name what it is; may be empty
 * @param score how sure the teacher is, 0 to 1
 * @param masks by the name of the view, for those that show it
 * @param place where it is, if the teacher says so itself; otherwise the depth under the masks does
 */
public record LabelledObject(
    int identity, String name, double score, Map<String, ObjectMask> masks, Optional<Place> place) {

  /**
   * Where an object is, in the world frame of its data set.
   *
   * @param centroid metres
   * @param extent edges of the box around it along the axes of the world, metres
   */
  public record Place(Vector3 centroid, Vector3 extent) {}

  public LabelledObject {
    if (!(score >= 0 && score <= 1)) {
      throw new IllegalArgumentException("score of a label: wanted 0 to 1, got " + score);
    }
    masks = Collections.unmodifiableMap(new LinkedHashMap<>(masks));
  }

  /**
   * The same with its place in another frame; the extent stays along the axes that it had.
   *
   * @param newFromWorld from the world of the data set to that frame
   */
  public LabelledObject in(RigidTransform newFromWorld) {
    return new LabelledObject(
        identity,
        name,
        score,
        masks,
        place.map(known -> new Place(newFromWorld.apply(known.centroid()), known.extent())));
  }

  /** The same with other masks. */
  public LabelledObject withMasks(Map<String, ObjectMask> masks) {
    return new LabelledObject(identity, name, score, masks, place);
  }

  /** A sure one, without a place of its own. */
  public LabelledObject(int identity, String name, Map<String, ObjectMask> masks) {
    this(identity, name, 1, masks, Optional.empty());
  }
}
