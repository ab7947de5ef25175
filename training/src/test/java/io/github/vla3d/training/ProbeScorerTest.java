package io.github.vla3d.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.geometry.Vector3;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which point answers for which object. */
class ProbeScorerTest {
  private static Vector3 at(double x) {
    return new Vector3(x, 0, 0.1);
  }

  @Test
  void nearestPairsGoFirstAndNoPointAnswersTwice() {
    double[] distances =
        ProbeScorer.pair(List.of(at(0), at(0.10), at(5)), List.of(at(0.08), at(-0.3)));
    // The point at 0.08 is the second object's; the first gets what is left, the third nothing.
    assertThat(distances[0]).isCloseTo(0.3, within(1e-12));
    assertThat(distances[1]).isCloseTo(0.02, within(1e-12));
    assertThat(distances[2]).isInfinite();
  }

  @Test
  void withoutPointsAllAreMissed() {
    assertThat(ProbeScorer.pair(List.of(at(0)), List.of()))
        .containsExactly(Double.POSITIVE_INFINITY);
    assertThat(ProbeScorer.pair(List.of(), List.of(at(0)))).isEmpty();
  }
}
