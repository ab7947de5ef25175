package io.github.vla3d.evaluation;

/** Somebody whose successes are counted. Several threads may let one play at once. */
public interface Contestant extends AutoCloseable {
  /** One episode's actions. One thread. */
  interface Player {
    /** The next action; the arena is only looked at when the player needs to. */
    double[] act();

    /** How often a network was asked so far. */
    int questions();
  }

  /** By which it is known in tables. */
  String name();

  /** Changes whenever its weights do. */
  String version();

  /** Actions of a chunk that are executed before the next one is asked for. */
  int executed();

  /**
   * Plays an episode that has just begun.
   *
   * @param seed of all chance in the episode
   * @throws IllegalArgumentException if it cannot play in this arena
   */
  Player begin(Arena arena, long seed);

  @Override
  void close();
}
