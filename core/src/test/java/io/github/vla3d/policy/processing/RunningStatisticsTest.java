package io.github.vla3d.policy.processing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensors;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RunningStatisticsTest {
  @Test
  void agreesWithSortingEverything() {
    double[] x = new Random(2).doubles(20_000, -3, 7).toArray();
    RunningStatistics running = new RunningStatistics("x");
    Scope.run(
        () -> {
          for (int i = 0; i < x.length; i += 500) {
            running.update(Tensors.of(Arrays.copyOfRange(x, i, i + 500), 250, 2, 1));
          }
        });
    Statistics statistics = running.statistics();
    double mean = Arrays.stream(x).average().orElseThrow();
    double variance = Arrays.stream(x).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
    Arrays.sort(x);
    assertThat(statistics.get("mean")[0]).isCloseTo(mean, within(1e-12));
    assertThat(statistics.get("std")[0]).isCloseTo(Math.sqrt(variance), within(1e-9));
    assertThat(statistics.get("q01")[0]).isCloseTo(x[200], within(0.01));
    assertThat(statistics.get("q99")[0]).isCloseTo(x[19_800], within(0.01));
  }

  @Test
  void aDimensionMayStandStill() {
    RunningStatistics running = new RunningStatistics("x");
    Scope.run(
        () -> {
          running.update(Tensors.of(new double[] {5, 1, 5, 2}, 2, 2));
          running.update(Tensors.of(new double[] {5, 3}, 1, 2));
        });
    assertThat(running.statistics().get("mean"))
        .containsExactly(new double[] {5, 2}, within(1e-12));
    assertThat(running.statistics().get("std")[0]).isZero();
  }

  @Test
  void whatDoesNotFitIsNamed() {
    RunningStatistics running = new RunningStatistics("actions");
    assertThatThrownBy(running::statistics)
        .isInstanceOf(ProcessingException.class)
        .hasMessageContaining("actions: wanted at least 2 vectors, got 0");
    Scope.run(
        () -> {
          running.update(Tensors.zeros(2, 3));
          assertThatThrownBy(() -> running.update(Tensors.zeros(2, 4)))
              .isInstanceOf(ProcessingException.class)
              .hasMessageContaining("of 3 dimensions");
          assertThatThrownBy(
                  () -> running.update(Tensors.of(new double[] {0, Double.NaN, 0}, 1, 3)))
              .isInstanceOf(ProcessingException.class)
              .hasMessageContaining("finite");
        });
  }
}
