package io.github.vla3d.evaluation;

import io.github.vla3d.tabletop.Expert;

/** The scripted expert, which knows the true poses: how well an episode can be done at all. */
public final class ExpertContestant implements Contestant {
  /** As which people name it. */
  public static final String NAME = "expert";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String version() {
    return "scripted";
  }

  @Override
  public int executed() {
    return 1;
  }

  @Override
  public Player begin(Arena arena, long seed) {
    if (!(arena instanceof TabletopArena table)) {
      throw new IllegalArgumentException("expert: wanted the tabletop, whose poses it knows");
    }
    Expert expert = new Expert(table.table());
    return new Player() {
      @Override
      public double[] act() {
        return expert.act();
      }

      @Override
      public int questions() {
        return 0;
      }
    };
  }

  @Override
  public void close() {}
}
