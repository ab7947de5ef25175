package io.github.vla3d.agent;

import java.util.Arrays;

/**
 * Actions that a policy wants a robot to do one after the other. Immutable. Two are equal if they
 * hold the same numbers, however long they took.
 *
 * @param actions [H][A], in the robot's units
 * @param normalised [H][A], the same as the network said them: what real-time chunking continues
 * @param timings how long it took
 */
public record ActionChunk(float[][] actions, float[][] normalised, Timings timings) {
  /**
   * @throws IllegalArgumentException if the two are not of one size, or empty
   */
  public ActionChunk {
    actions = copy(actions);
    normalised = copy(normalised);
    if (actions.length == 0 || actions.length != normalised.length) {
      throw new IllegalArgumentException(
          "actions: wanted as many in the robot's units as normalised, got %d and %d"
              .formatted(actions.length, normalised.length));
    }
  }

  private static float[][] copy(float[][] rows) {
    float[][] copy = new float[rows.length][];
    for (int i = 0; i < rows.length; i++) {
      copy[i] = rows[i].clone();
      if (copy[i].length != rows[0].length) {
        throw new IllegalArgumentException("actions: wanted rows of one length");
      }
    }
    return copy;
  }

  /** Number of actions, H. */
  public int horizon() {
    return actions.length;
  }

  /** Length of an action, A. */
  public int width() {
    return actions[0].length;
  }

  /** One action in the robot's units, copied. */
  public float[] action(int step) {
    return actions[step].clone();
  }

  /** All actions in the robot's units, copied. */
  @Override
  public float[][] actions() {
    return copy(actions);
  }

  /** All actions as the network said them, copied. */
  @Override
  public float[][] normalised() {
    return copy(normalised);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ActionChunk b
        && Arrays.deepEquals(actions, b.actions)
        && Arrays.deepEquals(normalised, b.normalised);
  }

  @Override
  public int hashCode() {
    return Arrays.deepHashCode(actions);
  }

  @Override
  public String toString() {
    return "ActionChunk[" + horizon() + " x " + width() + "]";
  }
}
