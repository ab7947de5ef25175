package io.github.vla3d.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.vla3d.policy.Instruction;
import io.github.vla3d.policy.TokenGrid;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.distributed.BatchShare;
import io.github.vla3d.torch.distributed.Shares;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainingBatchTest {
  /** Two samples, two actions of three numbers, of which the robot has two; two draws. */
  private static final float[] EACH = {
    1, 2, 100, 3, 4, 100, // first sample, first draw
    5, 6, 100, 7, 8, 100, // second draw
    9, 10, 100, 11, 12, 100,
    13, 14, 100, 15, 16, 100
  };

  private static TrainingBatch batch() {
    return new TrainingBatch(
        new PreparedObservation(
            List.of(),
            new Instruction(Tensors.of(new long[2], 2, 1), Tensors.of(new boolean[2], 2, 1)),
            null,
            new TokenGrid(1, 1, 4, 4),
            List.of()),
        Tensors.zeros(2, 2, 3),
        Tensors.of(new boolean[4], 2, 2),
        2);
  }

  private static double mean(TrainingBatch batch) {
    Tensor each = Tensors.of(EACH, 4, 2, 3);
    return batch.mean(each, BatchShare.ALL).item();
  }

  @Test
  void theMeanIsOverWhatCounts() {
    Scope.run(
        () -> {
          assertThat(mean(batch())).isEqualTo(8.5);
          // (1 + 2 + 5 + 6) and (11 + 12 + 15 + 16), over 8 numbers.
          Tensor some = Tensors.of(new float[] {1, 0, 0, 1}, 2, 2);
          assertThat(mean(batch().weighted(some))).isEqualTo(68 / 8.0);
          // (1 + 2 + 5 + 6 + 3 + 4 + 7 + 8) over 8 numbers.
          Tensor first = Tensors.of(new float[] {1, 1, 0, 0}, 2, 2);
          assertThat(mean(batch().weighted(first))).isEqualTo(4.5);
          Tensor none = Tensors.of(new float[4], 2, 2);
          assertThat(mean(batch().weighted(none))).isZero();
        });
  }

  /** Two processes with a sample each, of which the second may have no action that counts. */
  @ParameterizedTest
  @ValueSource(strings = {"1001", "1100", "0111", "0000", "all"})
  void sharesAddUpToTheBatch(String counts) {
    Shares.check(
        2,
        () -> List.of(Tensors.of(EACH, 2, 2, 2, 3).to(DType.F64)),
        (share, own) -> {
          TrainingBatch batch = batch();
          if (!counts.equals("all")) {
            double[] weights = counts.chars().mapToDouble(c -> c - '0').toArray();
            batch = batch.weighted(share.rows(Tensors.of(weights, 2, 2)));
          }
          return List.of(batch.mean(own.get(0).flatten(0, 1), share));
        });
  }
}
