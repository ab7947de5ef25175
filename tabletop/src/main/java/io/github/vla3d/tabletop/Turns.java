package io.github.vla3d.tabletop;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The expert and somebody else act in turns of random lengths, drawn from the episode's name; the
 * last turn is the expert's, with about half of the steps that are allowed. The expert says at each
 * step what it would do.
 */
final class Turns implements Disturbance {
  private static final int SHORTEST = 5;
  private static final int LONGEST_OTHER = 25;
  private static final int LONGEST_EXPERT = 40;

  /** Of any of the six numbers of motion: who does about what was wanted leads nowhere else. */
  private static final double SMALL = 0.12;

  private final Tabletop table;
  private final Novice novice;
  private final Dice dice;
  private Expert expert;
  private @Nullable Supplier<double[]> acting;
  private int left;

  /**
   * @param table with an episode that has just begun
   */
  Turns(Tabletop table, Novice novice) {
    this.table = table;
    this.novice = novice;
    this.dice = table.variant().dice("turns");
    this.expert = new Expert(table);
    if (dice.below(2) == 0) {
      hand();
    } else {
      left = length(LONGEST_EXPERT);
    }
  }

  private int length(int longest) {
    return SHORTEST + dice.below(longest - SHORTEST + 1);
  }

  private void hand() {
    acting = novice.on(table);
    left = length(LONGEST_OTHER);
  }

  /** What the expert wants. */
  double[] wanted() {
    if (left == 0) {
      if (acting == null) {
        hand();
      } else {
        acting = null;
        expert = expert.again();
        int step = table.outcome().steps();
        int limit = table.task().limit();
        left = step < limit / 2 - LONGEST_EXPERT ? length(LONGEST_EXPERT) : limit;
      }
    }
    left--;
    return expert.act();
  }

  @Override
  public double[] on(double[] wanted) {
    Supplier<double[]> now = acting;
    if (now == null) {
      return wanted;
    }
    double[] done = now.get();
    expert.did(done);
    return done;
  }

  @Override
  public boolean matters(double[] wanted, double[] done) {
    for (int i = 0; i < 6; i++) {
      if (Math.abs(wanted[i] - done[i]) > SMALL) {
        return true;
      }
    }
    return wanted[6] > 0 != done[6] > 0;
  }
}
