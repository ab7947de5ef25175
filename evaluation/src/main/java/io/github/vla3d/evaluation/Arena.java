package io.github.vla3d.evaluation;

import io.github.vla3d.data.Observation;

/** Where one episode after the other is played. One thread at a time. */
public interface Arena extends AutoCloseable {
  /**
   * How an episode stands.
   *
   * @param steps taken
   * @param success whether the task is done
   * @param done whether the episode is over, by success or because its steps are used up
   */
  record Standing(int steps, boolean success, boolean done) {}

  /** Begins an episode. Nothing is drawn. */
  void begin(Trial trial);

  /** What a policy gets now: drawn only when this is called, and only once for an instant. */
  Observation observe();

  /**
   * Goes on by one control step.
   *
   * @throws IllegalArgumentException if the action is not of the robot's length, or not finite
   */
  Standing step(double[] action);

  /** How the episode stands. */
  Standing standing();

  @Override
  void close();
}
