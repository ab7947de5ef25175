package io.github.vla3d.perception;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An object that a teacher has seen in some views of a frame.
 *
 * @param identity the same for one object over views and over the frames of an episode
 * @param name what it is; may be empty
 * @param masks by the name of the view, for those that show it
 */
public record LabelledObject(int identity, String name, Map<String, ObjectMask> masks) {
  public LabelledObject {
    masks = Collections.unmodifiableMap(new LinkedHashMap<>(masks));
  }
}
