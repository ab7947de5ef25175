package io.github.vla3d.policy.processing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NormalizerTest {
  private static final int SIZE = 6;

  private static Statistics random(long seed) {
    Random random = new Random(seed);
    double[] mean = random.doubles(SIZE, -1, 1).toArray();
    double[] std = random.doubles(SIZE, 0.1, 2).toArray();
    return new Statistics(
        "x",
        Map.of(
            "mean", mean,
            "std", std,
            "min", shifted(mean, -3),
            "max", shifted(mean, 3),
            "q01", shifted(mean, -2),
            "q99", shifted(mean, 2),
            "q10", shifted(mean, -1),
            "q90", shifted(mean, 1)));
  }

  private static double[] shifted(double[] values, double by) {
    double[] shifted = values.clone();
    for (int i = 0; i < shifted.length; i++) {
      shifted[i] += by * (i + 1);
    }
    return shifted;
  }

  @ParameterizedTest
  @EnumSource(NormalizationMode.class)
  void thereAndBack(NormalizationMode mode) {
    Scope.run(
        () -> {
          double[] x = new Random(3).doubles(4 * SIZE, -5, 5).toArray();
          Normalizer normalizer = Normalizer.lerobot(mode, random(5), 1e-8);
          Tensor there = normalizer.normalize(Tensors.of(x, 4, SIZE));
          assertThat(normalizer.unnormalize(there).toDoubles()).containsExactly(x, within(1e-6));
          boolean same = there.equal(Tensors.of(x, 4, SIZE));
          assertThat(same).isEqualTo(mode == NormalizationMode.IDENTITY);
        });
  }

  /** Where a dimension never moves, the two families differ by orders of magnitude. */
  @Test
  void whatNeverMovesTellsTheFamiliesApart() {
    Statistics still =
        new Statistics(
            "x",
            Map.of(
                "mean", new double[] {2},
                "std", new double[] {0},
                "q01", new double[] {2},
                "q99", new double[] {2}));
    Scope.run(
        () -> {
          Tensor x = Tensors.of(new double[] {2 + 1e-6}, 1);
          double deviation = 2 + 1e-6 - 2;
          assertThat(value(Normalizer.openpi(still, false).normalize(x)))
              .isCloseTo(deviation / 1e-6, within(1e-9));
          assertThat(value(Normalizer.openpi(still, true).normalize(x)))
              .isCloseTo(2 * deviation / 1e-6 - 1, within(1e-9));
          assertThat(
                  value(Normalizer.lerobot(NormalizationMode.MEAN_STD, still, 1e-8).normalize(x)))
              .isCloseTo(deviation / 1e-8, within(1e-6));
          Tensor y = Tensors.of(new double[] {0.5}, 1);
          assertThat(value(Normalizer.openpi(still, false).unnormalize(y))).isEqualTo(2 + 5e-7);
          assertThat(
                  value(Normalizer.lerobot(NormalizationMode.MEAN_STD, still, 1e-8).unnormalize(y)))
              .isEqualTo(2);
        });
  }

  private static double value(Tensor x) {
    return x.toDoubles()[0];
  }

  @Test
  void sizesAreChecked() {
    Scope.run(
        () -> {
          Tensor seven = Tensors.zeros(7);
          assertThatThrownBy(
                  () ->
                      Normalizer.lerobot(NormalizationMode.MEAN_STD, random(1), 1e-8)
                          .normalize(seven))
              .isInstanceOf(ProcessingException.class)
              .hasMessageContaining("x: wanted floating numbers with 6 dimensions")
              .hasMessageContaining("[7]");
          assertThatThrownBy(() -> Normalizer.openpi(random(1), true).normalize(seven))
              .isInstanceOf(ProcessingException.class)
              .hasMessageContaining("at most 6");
          Tensor five = Tensors.zeros(5);
          assertThat(Normalizer.openpi(random(1), true).normalize(five).shape()).containsExactly(5);
          assertThatThrownBy(() -> Normalizer.openpi(random(1), true).unnormalize(five))
              .isInstanceOf(ProcessingException.class)
              .hasMessageContaining("at least 6");
          assertThat(Normalizer.openpi(random(1), false).unnormalize(seven).toDoubles()[6])
              .isEqualTo(0);
        });
  }

  @Test
  void statisticsAreChecked() {
    assertThatThrownBy(() -> new Statistics("state", Map.of("mean", new double[] {0, Double.NaN})))
        .isInstanceOf(ProcessingException.class)
        .hasMessageContaining("state.mean: wanted finite numbers, got NaN at 1");
    assertThatThrownBy(() -> new Statistics("state", Map.of("std", new double[] {-1})))
        .isInstanceOf(ProcessingException.class)
        .hasMessageContaining("numbers >= 0");
    Statistics few = new Statistics("state", Map.of("mean", new double[] {0}));
    assertThatThrownBy(() -> Normalizer.openpi(few, true))
        .isInstanceOf(ProcessingException.class)
        .hasMessageContaining("state: wanted the statistic q01, got [mean]");
  }
}
