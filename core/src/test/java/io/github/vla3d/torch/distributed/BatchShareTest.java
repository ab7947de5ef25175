package io.github.vla3d.torch.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.torch.ProcessGroup;
import io.github.vla3d.torch.Ranks;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.TorchException;
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
