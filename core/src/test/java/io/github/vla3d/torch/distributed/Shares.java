package io.github.vla3d.torch.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.torch.ProcessGroup;
import io.github.vla3d.torch.Ranks;
import io.github.vla3d.torch.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Holds losses of the shares of a batch against those of the batch, in fp64. */
public final class Shares {
  private static final double TOLERANCE = 1e-9;

  private Shares() {}

  /** Losses, each [], of the own rows of some tensors; the last one is differentiated. */
  @FunctionalInterface
  public interface Losses {
    List<Tensor> of(BatchShare share, List<Tensor> own);
  }

  /**
   * Checks that every process gets the losses of the batch, and the gradients of its own rows.
   *
   * @param batch F64 tensors with the rows of the whole batch first, the same whenever asked
   * @return the losses
   */
  public static double[] check(int processes, Supplier<List<Tensor>> batch, Losses losses) {
    double[][] whole = Ranks.run(1, group -> run(group, batch, losses)).get(0);
    List<double[][]> shares = Ranks.run(processes, group -> run(group, batch, losses));
    for (int rank = 0; rank < processes; rank++) {
      double[][] share = shares.get(rank);
      assertThat(share[0]).as("losses of rank %d", rank).containsExactly(shares.get(0)[0]);
      assertThat(share[0]).as("losses").containsExactly(whole[0], within(TOLERANCE));
      for (int i = 1; i < whole.length; i++) {
        int rows = whole[i].length / processes;
        double[] wanted = java.util.Arrays.copyOfRange(whole[i], rank * rows, (rank + 1) * rows);
        assertThat(share[i])
            .as("gradient of tensor %d in rank %d", i - 1, rank)
            .containsExactly(wanted, within(TOLERANCE));
      }
    }
    return whole[0];
  }

  /** Losses, then the gradient of each tensor. */
  private static double[][] run(ProcessGroup group, Supplier<List<Tensor>> batch, Losses losses) {
    BatchShare share = new BatchShare(group);
    List<Tensor> own = new ArrayList<>();
    for (Tensor tensor : batch.get()) {
      own.add(share.rows(tensor).copy().requiresGrad_(true));
    }
    List<Tensor> all = losses.of(share, own);
    all.get(all.size() - 1).backward();
    double[][] result = new double[1 + own.size()][];
    result[0] = all.stream().mapToDouble(Tensor::item).toArray();
    for (int i = 0; i < own.size(); i++) {
      @Nullable Tensor gradient = own.get(i).grad();
      result[1 + i] =
          gradient == null
              ? new double[Math.toIntExact(own.get(i).numel())]
              : gradient.contiguous().toDoubles();
    }
    return result;
  }
}
