package io.github.vla3d.labelling.truth;

import io.github.vla3d.geometry.Vector3;
import java.util.Map;
import java.util.Set;

/**
 * True instances of recordings, numbered like the episodes of their data set. For scores and for
 * the oracle; no other teacher may hold one. One thread at a time.
 */
public interface Truth extends AutoCloseable {
  /** The first id that is an object or a fixture; below are robot, floor, walls, furniture. */
  int FIRST_OBJECT = 10;

  /**
   * The instances in the pictures of a frame.
   *
   * @param views names of the wanted ones
   * @return by the name of the view, those that were recorded
   * @throws io.github.vla3d.data.DataException if the frame is missing or damaged
   */
  Map<String, InstancePicture> pictures(int episode, int frame, Set<String> views);

  /**
   * Centres of the boxes of the objects.
   *
   * @return by id, metres in the world of the data set
   */
  Map<Integer, Vector3> centres(int episode, int frame);

  /** What an id is called; empty if nobody says. */
  String name(int id);

  /** Whether an id is something that stands fast and counts as no object. */
  default boolean isFixture(int id) {
    return Fixtures.includes(name(id));
  }

  /** Whether an id is something that a teacher should find. */
  default boolean isObject(int id) {
    return id >= FIRST_OBJECT && !isFixture(id);
  }

  @Override
  default void close() {}
}
