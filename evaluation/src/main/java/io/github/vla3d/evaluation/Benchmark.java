package io.github.vla3d.evaluation;

import java.util.List;

/**
 * A world with tasks in which policies are tried. An outside simulator is one more class of this
 * kind, whose arenas speak to a process of their own.
 */
public interface Benchmark {
  /** One word. */
  String name();

  /**
   * The episodes of a selection, in an order that gives every task and perturbation its share also
   * if it is cut short. Names mean the same for ever.
   *
   * @throws IllegalArgumentException on a word that the benchmark does not know; the message names
   *     those that it knows
   */
  List<Trial> trials(Selection selection);

  /** A place in which one episode at a time can be played. */
  Arena open();
}
