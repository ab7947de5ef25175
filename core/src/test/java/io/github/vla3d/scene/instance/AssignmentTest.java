package io.github.vla3d.scene.instance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Test;

class AssignmentTest {
  @Test
  void optimalAgainstBruteForce() {
    Random random = new Random(20240611);
    for (int problem = 0; problem < 10_000; problem++) {
      int probes = 1 + random.nextInt(6);
      int targets = 1 + random.nextInt(probes);
      DoubleSupplier costs =
          switch (problem % 4) {
            case 0 -> random::nextGaussian;
            case 1 -> () -> random.nextInt(3) - 1; // many ties, negative numbers
            case 2 -> () -> -1e6 * random.nextDouble();
            default -> () -> Math.rint(random.nextDouble() * 4) / 4;
          };
      double[][] cost = new double[probes][targets];
      for (double[] row : cost) {
        Arrays.setAll(row, j -> costs.getAsDouble());
      }
      int[] probeOf = Assignment.solve(cost);
      assertThat(probeOf).hasSize(targets).doesNotHaveDuplicates();
      double best = cheapest(cost, 0, new boolean[probes]);
      assertThat(total(cost, probeOf))
          .as("problem %d", problem)
          .isCloseTo(best, within(1e-12 * (1 + Math.abs(best))));
    }
  }

  private static double total(double[][] cost, int[] probeOf) {
    double sum = 0;
    for (int j = 0; j < probeOf.length; j++) {
      sum += cost[probeOf[j]][j];
    }
    return sum;
  }

  /** Of the targets from the given one on, over all ways. */
  private static double cheapest(double[][] cost, int target, boolean[] taken) {
    if (target == cost[0].length) {
      return 0;
    }
    double best = Double.POSITIVE_INFINITY;
    for (int i = 0; i < cost.length; i++) {
      if (!taken[i]) {
        taken[i] = true;
        best = Math.min(best, cost[i][target] + cheapest(cost, target + 1, taken));
        taken[i] = false;
      }
    }
    return best;
  }

  @Test
  void tiesGoToTheLowerProbe() {
    assertThat(Assignment.solve(new double[5][3])).containsExactly(0, 1, 2);
    assertThat(Assignment.solve(new double[][] {{2, 1}, {1, 1}, {1, 1}, {1, 1}}))
        .containsExactly(1, 0);
  }

  @Test
  void whatIsNoNumberIsExpensive() {
    double[][] cost = {
      {Double.NaN, 1}, {Double.NEGATIVE_INFINITY, 2}, {999_999, Double.POSITIVE_INFINITY}
    };
    assertThat(Assignment.solve(cost)).containsExactly(2, 0);
    assertThat(Assignment.solve(new double[][] {{Double.NaN}})).containsExactly(0);
  }

  @Test
  void noTargetsNoProbes() {
    assertThat(Assignment.solve(new double[0][])).isEmpty();
    assertThat(Assignment.solve(new double[4][0])).isEmpty();
  }

  @Test
  void badInputNamesTheNumbers() {
    assertThatThrownBy(() -> Assignment.solve(new double[7][9]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("9 targets")
        .hasMessageContaining("7 probes");
    assertThatThrownBy(() -> Assignment.solve(new double[][] {{1, 2}, {1}}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2 and 1");
  }
}
