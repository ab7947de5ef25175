package io.github.vla3d.evaluation;

import io.github.vla3d.tabletop.Novice;
import io.github.vla3d.tabletop.Tabletop;
import java.util.function.Supplier;

/** Lets a contestant act in turn with the expert in recorded episodes. */
public final class PolicyInTurns implements Novice, AutoCloseable {
  private final Contestant contestant;

  /**
   * @param contestant closed with this
   */
  public PolicyInTurns(Contestant contestant) {
    this.contestant = contestant;
  }

  @Override
  public Supplier<double[]> on(Tabletop table) {
    long seed = Seeds.of(0, table.variant().name());
    return contestant.begin(new TabletopArena(table), seed)::act;
  }

  @Override
  public void close() {
    contestant.close();
  }
}
