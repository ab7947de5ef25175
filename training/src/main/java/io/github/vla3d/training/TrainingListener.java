package io.github.vla3d.training;

import io.github.vla3d.agent.Stage;
import java.util.Map;

/** Is told how training goes, on the thread that trains. */
public interface TrainingListener {
  /**
   * After every step.
   *
   * @param stage that the step belongs to
   * @param step of the stage, from 1
   * @param values losses by name ("total" among them), gradient norms, rates
   */
  void step(Stage stage, long step, Map<String, Double> values);

  /** Something that whoever watches should know. */
  void note(String text);

  /** Asked between steps: true to save and end. */
  default boolean stop() {
    return false;
  }
}
