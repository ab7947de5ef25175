package io.github.vla3d.tabletop;

import java.util.function.Supplier;

/**
 * A policy that still learns, and acts in turn with the expert in recorded episodes: so that
 * demonstrations show how to come back from where a policy leads (after DAgger, Ross et al., arXiv
 * 1011.0686). Several threads may use one.
 */
public interface Novice {
  /**
   * Its actions from here on, at the beginning of a turn.
   *
   * @return gives seven numbers for each step
   */
  Supplier<double[]> on(Tabletop table);
}
