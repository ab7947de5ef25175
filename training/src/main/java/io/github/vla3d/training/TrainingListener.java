package io.github.vla3d.training;

import java.util.Map;

/** Is told how training goes, on the thread that trains. */
public interface TrainingListener {
  /**
   * After every step.
   *
   * @param stage that the step belongs to: 1, 2 or base
   * @param step of the stage, from 1
   * @param values losses by name ("total" among them), gradient norms, rates; under {@code time.}
   *     the samples of a second and the share of the time that data were waited for
   */
  void step(String stage, long step, Map<String, Double> values);

  /** Something that whoever watches should know. */
  void note(String text);

  /** Asked between steps: true to save and end. */
  default boolean stop() {
    return false;
  }
}
