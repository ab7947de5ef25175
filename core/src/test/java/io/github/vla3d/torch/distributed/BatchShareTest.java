package io.github.vla3d.torch.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.ProcessGroup;
import io.github.vla3d.torch.Ranks;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.TorchException;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class BatchShareTest {
  private static final double[] X = {1, -2, 3, 0.5, 4, -1};
  private static final double[] WEIGHT = {1, 0, 1, 1, 0, 0};

  /** A weighted mean of squares, its root: value and gradient of the own rows. */
  private static double[] loss(ProcessGroup group) {
    BatchShare share = new BatchShare(group);
    Tensor x = share.rows(Tensors.of(X, 6)).copy().requiresGrad_(true);
    Tensor weight = share.rows(Tensors.of(WEIGHT, 6));
    Tensor mean = share.sum(x.square().mul(weight).sum()).div(share.sum(weight.sum()));
    Tensor loss = mean.sqrt().add(share.mean(x));
    loss.backward();
    Tensor gradient = x.grad();
    assertThat(gradient).isNotNull();
    return Tensors.cat(0, loss.detach().view(1), gradient).toDoubles();
  }

  @Test
  void lossesAndGradientsOfSharesAreThoseOfTheBatch() {
    double[] whole = Ranks.run(1, BatchShareTest::loss).get(0);
    List<double[]> shares = Ranks.run(3, BatchShareTest::loss);
    for (int rank = 0; rank < 3; rank++) {
      double[] share = shares.get(rank);
      assertThat(share[0]).isEqualTo(shares.get(0)[0]).isCloseTo(whole[0], within());
      assertThat(share[1]).isCloseTo(whole[1 + 2 * rank], within());
      assertThat(share[2]).isCloseTo(whole[2 + 2 * rank], within());
    }
  }

  private static Offset<Double> within() {
    return Offset.offset(1e-14);
  }

  @Test
  void countsAreSummed() {
    assertThat(Ranks.run(3, group -> new BatchShare(group).sum(1L << 33 << group.rank())))
        .containsOnly(7L << 33);
  }

  /** All draw the numbers of the whole batch, so that the next ones are the same as well. */
  @Test
  void numbersAreThoseOfTheOwnRows() {
    double[] whole = Ranks.run(1, group -> drawn(group, 6)).get(0);
    List<double[]> shares = Ranks.run(3, group -> drawn(group, 2));
    for (int rank = 0; rank < 3; rank++) {
      double[] rows = Arrays.copyOfRange(whole, 8 * rank, 8 * rank + 8);
      assertThat(Arrays.copyOf(shares.get(rank), 8)).containsExactly(rows);
      assertThat(shares.get(rank)[8]).isEqualTo(whole[24]);
    }
  }

  /** Numbers for so many rows, and one more. */
  private static double[] drawn(ProcessGroup group, int rows) {
    try (Generator random = new Generator(5)) {
      Tensor own = new BatchShare(group).randn(random, DType.F64, rows, 4);
      assertThat(own.shape()).containsExactly(rows, 4);
      return Tensors.cat(0, own.flatten(0, 1), random.randn(DType.F64, 1)).toDoubles();
    }
  }

  /** Of shares of 3, 0 and 2 rows. */
  @Test
  void varianceIsOverTheRowsOfAll() {
    Shares.check(
        3,
        () -> List.of(Tensors.of(X, 3, 2)),
        (share, own) -> {
          int[] rows = {3, 0, 2};
          // Multiples of the own row, as many as this share has; all of them where it has all.
          Tensor some =
              share.processes() == 1
                  ? Tensors.cat(0, multiples(own, 0, 3), multiples(own, 2, 2))
                  : multiples(own, 0, rows[rank(share)]);
          return List.of(share.variance(some, 5).mul(Tensors.of(new double[] {1, 2}, 2)).sum());
        });
  }

  private static int rank(BatchShare share) {
    return share.rows(List.of(0, 1, 2)).get(0);
  }

  private static Tensor multiples(List<Tensor> own, int row, int count) {
    Tensor factors = Tensors.of(new double[] {1, -2, 5}, 3, 1).narrow(0, 0, count);
    return own.get(0).narrow(0, row, 1).mul(factors);
  }

  @Test
  void partsAreTheWhole() {
    List<Integer> list = List.of(1, 2, 3, 4, 5);
    assertThat(Ranks.run(3, group -> List.copyOf(new BatchShare(group).part(list))))
        .containsExactly(List.of(1), List.of(2, 3), List.of(4, 5));
    assertThat(Ranks.run(2, group -> new BatchShare(group).part(List.of(7)).size()))
        .containsExactly(0, 1);
    assertThatThrownBy(() -> Ranks.run(2, group -> new BatchShare(group).rows(list)))
        .isInstanceOf(TorchException.class)
        .hasMessage("batch: wanted rows that 2 processes share evenly, got 5");
  }
}
