package io.github.vla3d.tabletop;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** Instance ids in pictures, those of the project's LIBERO recordings. */
final class Ids {
  static final int ARM = 1;
  static final int GRIPPER = 2;
  static final int FLOOR = 3;
  static final int WALL = 4;
  static final int TABLE = 5;

  /** Things that hide others in perturbed episodes and are no objects. */
  static final int OTHER = 6;

  /** The first thing. */
  private static final int THINGS = 10;

  private static final Map<String, Integer> OF = new LinkedHashMap<>();

  static {
    for (Task task : Tasks.all()) {
      task.slots().forEach(slot -> OF.putIfAbsent(slot.label(), THINGS + OF.size()));
    }
    Scenario.EXTRAS.forEach(kind -> OF.put(Scenario.extra(kind), THINGS + OF.size()));
  }

  private Ids() {}

  /** The id of a thing; a label has the same one in all tasks. */
  static int of(String label) {
    return Objects.requireNonNull(OF.get(label), label);
  }

  /** All ids with their names. */
  static Map<Integer, String> names() {
    Map<Integer, String> names = new TreeMap<>();
    names.put(0, "void");
    names.put(ARM, "robot");
    names.put(GRIPPER, "gripper");
    names.put(FLOOR, "floor");
    names.put(WALL, "wall");
    names.put(TABLE, "table");
    names.put(OTHER, "other");
    OF.forEach((label, id) -> names.put(id, label));
    return names;
  }
}
