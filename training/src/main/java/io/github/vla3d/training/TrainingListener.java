package io.github.vla3d.training;

import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * Is told how training goes, on the thread that trains. Of several processes, the one of rank 0 is
 * told; all are asked whether to stop.
 */
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

  /**
   * One that takes no notice of what it is told.
   *
   * @param stop whether to save and end
   */
  static TrainingListener silent(BooleanSupplier stop) {
    return new TrainingListener() {
      @Override
      public void step(String stage, long step, Map<String, Double> values) {}

      @Override
      public void note(String text) {}

      @Override
      public boolean stop() {
        return stop.getAsBoolean();
      }
    };
  }
}
