package io.github.vla3d.data.doctor;

import io.github.vla3d.data.Episode;
import java.util.function.UnaryOperator;

/** How a fault is undone, or why it cannot be. */
public sealed interface Repair {
  /**
   * It can be undone from the data.
   *
   * @param undo the episode without the fault; computed frame by frame when asked for
   */
  record Possible(UnaryOperator<Episode> undo) implements Repair {}

  /**
   * It cannot: the data do not hold what is missing.
   *
   * @param why in one line, with what to do instead
   */
  record Impossible(String why) implements Repair {}
}
