package io.github.vla3d.agent;

import io.github.vla3d.data.Observation;
import io.github.vla3d.data.View;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a checkpoint does to an observation before its network sees it, and to actions on both
 * sides. May be used by several threads.
 */
interface Processors extends AutoCloseable {
  /** Length of the robot's state. */
  int stateSize();

  /** Length of the robot's actions. */
  int actionSize();

  /**
   * @param views by the policy's names, in its order; at least one
   * @param actions [H][actionSize] in the robot's units, for training; null for none
   */
  PreparedSample prepare(
      Observation observation, Map<String, View> views, float @Nullable [][] actions);

  @Override
  void close();
}
