package io.github.vla3d.evaluation.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StatisticsTest {
  /** With z = 1.96: 8 of 10 has middle (0.8 + z2/20) / (1 + z2/10); none of n ends at z2/(n+z2). */
  @ParameterizedTest
  @CsvSource({
    "8, 10, 0.490162, 0.943318",
    "0, 10, 0, 0.277533",
    "10, 10, 0.722467, 1",
    "1, 1, 0.206549, 1",
    "50, 100, 0.403832, 0.596168",
    "196, 200, 0.949713, 0.992196"
  })
  void wilsonIsThatOfPaper(int successes, int trials, double low, double high) {
    Interval interval = new Proportion(successes, trials).wilson();
    assertThat(interval.low()).isCloseTo(low, within(1e-6));
    assertThat(interval.high()).isCloseTo(high, within(1e-6));
  }

  @Test
  void wilsonWithoutTrialsKnowsNothing() {
    assertThat(new Proportion(0, 0).wilson()).isEqualTo(new Interval(0, 1));
    assertThat(new Proportion(0, 0).share()).isNaN();
    assertThatThrownBy(() -> new Proportion(3, 2)).hasMessageContaining("wanted 0 to 2");
  }

  /** The interval's ends are the shares at which the score test just rejects what was seen. */
  @Test
  void wilsonInvertsTheScoreTest() {
    Random random = new Random(1);
    for (int i = 0; i < 200; i++) {
      int trials = 1 + random.nextInt(500);
      int successes = 1 + random.nextInt(trials);
      Proportion p = new Proportion(Math.min(successes, trials), trials);
      double low = p.wilson().low();
      double score = (p.share() - low) / Math.sqrt(low * (1 - low) / trials);
      assertThat(score).isCloseTo(1.959963984540054, within(1e-6));
    }
  }

  /**
   * Twice the lower tail of a fair coin: 1 and 5 are 2 (1 + 6) / 64, 2 and 10 are 2 * 79 / 4096.
   */
  @ParameterizedTest
  @CsvSource({
    "1, 5, 0.21875",
    "5, 1, 0.21875",
    "0, 6, 0.03125",
    "2, 10, 0.03857421875",
    "0, 1, 1",
    "3, 4, 1",
    "0, 0, 1",
    "4, 4, 1"
  })
  void mcNemarIsTheTailOfACoin(int first, int second, double p) {
    assertThat(new Pairs(7, first, second, 3).mcNemar()).isCloseTo(p, within(1e-12));
  }

  @Test
  void mcNemarIsTheSumOfItsTerms() {
    for (int n = 1; n < 60; n++) {
      for (int b = 0; 2 * b < n; b++) {
        double term = Math.pow(0.5, n);
        double sum = 0;
        for (int i = 0; i <= b; i++) {
          sum += term;
          term = term * (n - i) / (i + 1);
        }
        assertThat(new Pairs(0, b, n - b, 0).mcNemar())
            .isCloseTo(Math.min(1, 2 * sum), within(1e-10));
      }
    }
  }

  /**
   * 20, 12, 2, 16, an example of the paper: shares 0.64 and 0.44, Wilson 0.501410-0.758613 and
   * 0.311622-0.576940, correlation (20*16 - 12*2 - 25) / sqrt(32*18*22*28) = 0.454954, so 0.2 is
   * between 0.056156 and 0.329207.
   */
  @Test
  void differenceIsNewcombes() {
    Interval d = new Pairs(20, 12, 2, 16).difference();
    assertThat(d.low()).isCloseTo(LOW, within(1e-6));
    assertThat(d.high()).isCloseTo(HIGH, within(1e-6));
    Interval turned = new Pairs(20, 2, 12, 16).difference();
    assertThat(turned.low()).isCloseTo(-HIGH, within(1e-6));
    assertThat(turned.high()).isCloseTo(-LOW, within(1e-6));
    assertThat(Pairs.NONE.difference()).isEqualTo(new Interval(-1, 1));
  }

  private static final double LOW = -0.329207;
  private static final double HIGH = -0.056156;

  /** Seeded: of 400 pairs of samples, about 95 % have the true difference within the interval. */
  @Test
  void differenceHoldsAsOftenAsItSays() {
    Random random = new Random(5);
    int held = 0;
    for (int run = 0; run < 400; run++) {
      Pairs pairs = Pairs.NONE;
      for (int i = 0; i < 60; i++) {
        double u = random.nextDouble();
        // Both 0.5, only the first 0.1, only the second 0.25: the difference is 0.15.
        pairs = pairs.plus(u < 0.6, u < 0.5 || (u >= 0.6 && u < 0.85));
      }
      Interval d = pairs.difference();
      held += d.low() <= 0.15 && 0.15 <= d.high() ? 1 : 0;
    }
    assertThat(held).isBetween(368, 396);
  }
}
