package io.github.vla3d.evaluation.statistics;

/**
 * Successes out of trials.
 *
 * @param successes at least 0
 * @param trials at least as many; none are allowed
 */
public record Proportion(int successes, int trials) {
  /** The quantile of the standard normal at 0.975, for intervals that hold in 95 %. */
  static final double Z = 1.959963984540054;

  /**
   * @throws IllegalArgumentException if there are more successes than trials, or fewer than none
   */
  public Proportion {
    if (successes < 0 || successes > trials) {
      throw new IllegalArgumentException(
          "proportion: wanted 0 to %d successes, got %d".formatted(trials, successes));
    }
  }

  /** Share of successes, 0 to 1; NaN without trials. */
  public double share() {
    return trials == 0 ? Double.NaN : (double) successes / trials;
  }

  /**
   * Wilson's score interval at 95 % (E. B. Wilson, J. Am. Stat. Assoc. 22, 1927), which stays
   * within 0 and 1 and is honest also where all or none succeed. Without trials it is all of them.
   */
  public Interval wilson() {
    if (trials == 0) {
      return new Interval(0, 1);
    }
    double p = share();
    double z2 = Z * Z / trials;
    double middle = (p + z2 / 2) / (1 + z2);
    double half = Z / (1 + z2) * Math.sqrt(p * (1 - p) / trials + z2 / (4 * trials));
    // At the ends the formula is exact; rounding is not.
    return new Interval(
        successes == 0 ? 0 : middle - half, successes == trials ? 1 : middle + half);
  }

  /** The sum of both. */
  public Proportion plus(boolean success) {
    return new Proportion(successes + (success ? 1 : 0), trials + 1);
  }
}
