package io.github.vla3d.evaluation;

import io.github.vla3d.data.Observation;
import io.github.vla3d.tabletop.Outcome;
import io.github.vla3d.tabletop.Tabletop;
import io.github.vla3d.tabletop.Variant;

/** One table. */
final class TabletopArena implements Arena {
  private final Tabletop table;

  TabletopArena(int size) {
    this(new Tabletop(size));
  }

  TabletopArena(Tabletop table) {
    this.table = table;
  }

  /** The table itself, for the expert. */
  Tabletop table() {
    return table;
  }

  @Override
  public void begin(Trial trial) {
    table.begin(Variant.parse(trial.episode()));
  }

  @Override
  public Observation observe() {
    return table.observe();
  }

  @Override
  public Standing step(double[] action) {
    return standing(table.step(action));
  }

  @Override
  public Standing standing() {
    return standing(table.outcome());
  }

  private static Standing standing(Outcome outcome) {
    return new Standing(outcome.steps(), outcome.success(), outcome.done());
  }

  @Override
  public void close() {}
}
