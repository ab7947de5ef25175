package io.github.vla3d.tabletop;

import java.util.Arrays;

/** What becomes of the actions that somebody wanted. */
interface Disturbance {
  /**
   * What is done at a step.
   *
   * @param wanted seven numbers, not changed
   */
  double[] on(double[] wanted);

  /** Whether what was done leads elsewhere than what was wanted. */
  default boolean matters(double[] wanted, double[] done) {
    return !Arrays.equals(wanted, done);
  }
}
