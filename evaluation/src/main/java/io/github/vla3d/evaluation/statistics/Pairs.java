package io.github.vla3d.evaluation.statistics;

import org.hipparchus.special.Beta;

/**
 * How two policies did on the same episodes.
 *
 * @param both succeeded
 * @param onlyFirst succeeded
 * @param onlySecond succeeded
 * @param neither succeeded
 */
public record Pairs(int both, int onlyFirst, int onlySecond, int neither) {
  /** No pair yet. */
  public static final Pairs NONE = new Pairs(0, 0, 0, 0);

  public Pairs {
    if (both < 0 || onlyFirst < 0 || onlySecond < 0 || neither < 0) {
      throw new IllegalArgumentException("pairs: wanted counts of at least 0");
    }
  }

  /** With one more. */
  public Pairs plus(boolean first, boolean second) {
    return new Pairs(
        both + (first && second ? 1 : 0),
        onlyFirst + (first && !second ? 1 : 0),
        onlySecond + (!first && second ? 1 : 0),
        neither + (!first && !second ? 1 : 0));
  }

  /** All pairs. */
  public int count() {
    return both + onlyFirst + onlySecond + neither;
  }

  public Proportion first() {
    return new Proportion(both + onlyFirst, count());
  }

  public Proportion second() {
    return new Proportion(both + onlySecond, count());
  }

  /**
   * McNemar's exact test, two-sided: how likely the episodes on which the two differ would be split
   * as unevenly, or more so, if both were equally good; 1 if they never differ. The sum of the
   * binomial's tail is taken from the incomplete beta function.
   */
  public double mcNemar() {
    int differ = onlyFirst + onlySecond;
    int fewer = Math.min(onlyFirst, onlySecond);
    if (2 * fewer == differ) {
      return 1;
    }
    return Math.min(1, 2 * Beta.regularizedBeta(0.5, differ - fewer, fewer + 1));
  }

  /**
   * Second share less the first, at 95 %: Newcombe's tenth method for paired shares (R. G.
   * Newcombe, Statist. Med. 17, 1998), built of both Wilson intervals. Without pairs it is -1 to 1.
   */
  public Interval difference() {
    if (count() == 0) {
      return new Interval(-1, 1);
    }
    double p1 = first().share();
    double p2 = second().share();
    Interval w1 = first().wilson();
    Interval w2 = second().wilson();
    double phi = correlation();
    double down1 = p1 - w1.low();
    double up1 = w1.high() - p1;
    double down2 = p2 - w2.low();
    double up2 = w2.high() - p2;
    double d = p2 - p1;
    double low = Math.sqrt(Math.max(0, down2 * down2 - 2 * phi * down2 * up1 + up1 * up1));
    double high = Math.sqrt(Math.max(0, up2 * up2 - 2 * phi * up2 * down1 + down1 * down1));
    return new Interval(d - low, d + high);
  }

  /**
   * Correlation of both outcomes, with Newcombe's correction of continuity where it is positive.
   */
  private double correlation() {
    double product =
        (double) (both + onlyFirst)
            * (onlySecond + neither)
            * (both + onlySecond)
            * (onlyFirst + neither);
    if (product == 0) {
      return 0;
    }
    double a = (double) both * neither - (double) onlyFirst * onlySecond;
    double n = count();
    double numerator = a > n / 2 ? a - n / 2 : a >= 0 ? 0 : a;
    return numerator / Math.sqrt(product);
  }
}
