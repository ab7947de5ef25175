package io.github.vla3d.tabletop;

import java.util.function.Supplier;

/**
 * Acts at the beginning of recorded episodes, before the expert takes over: so that demonstrations
 * show how to come back from where a policy leads (after DAgger, Ross et al., arXiv 1011.0686).
 * Several threads may use one.
 */
public interface Beginner {
  /**
   * Its actions in an episode that has just begun.
   *
   * @return gives seven numbers for each step
   */
  Supplier<double[]> on(Tabletop table);
}
