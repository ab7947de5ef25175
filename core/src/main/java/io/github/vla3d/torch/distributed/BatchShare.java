package io.github.vla3d.torch.distributed;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.ProcessGroup;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.TorchException;
import java.util.List;

/**
 * The rows of a batch that one of several processes computes: the processes take equal parts, in
 * the order of their ranks.
 *
 * <p>A loss that is a function of sums over the rows has the same value in all processes if each of
 * these sums is taken with {@link #sum}. Its gradient is then that of the own rows, so that the sum
 * of the gradients of all processes is the gradient of the whole batch. What a sum is taken of must
 * not itself depend on another sum, unless that one is detached.
 *
 * <p>All processes must call {@link #sum}, {@link #mean} and {@link #variance} at the same points.
 */
public final class BatchShare {
  /** That of a process alone: everything. */
  public static final BatchShare ALL = new BatchShare(ProcessGroup.single());

  private final ProcessGroup group;

  public BatchShare(ProcessGroup group) {
    this.group = group;
  }

  /** Number of processes. */
  public int processes() {
    return group.size();
  }

  /**
   * The own rows of something that has the rows of the whole batch first: a view of it.
   *
   * @param whole [N, ...]
   * @return [N / processes, ...]
   * @throws TorchException if the processes cannot have the same number of rows
   */
  public Tensor rows(Tensor whole) {
    if (group.size() == 1) {
      return whole;
    }
    long rows = even(whole.size(0));
    return whole.narrow(0, group.rank() * rows, rows);
  }

  /** The own rows of a list. */
  public <T> List<T> rows(List<T> whole) {
    even(whole.size());
    return part(whole);
  }

  /** The own part of a list of any length: all parts together are the list. */
  public <T> List<T> part(List<T> whole) {
    return whole.subList(start(whole, group.rank()), start(whole, group.rank() + 1));
  }

  /**
   * Standard normal numbers for the own rows. Those of the whole batch are drawn, from generators
   * that stand at the same point in all processes, and do so again afterwards.
   *
   * @param shape of the own rows
   */
  public Tensor randn(Generator random, DType dtype, long... shape) {
    long[] whole = shape.clone();
    whole[0] *= group.size();
    return Scope.tensor(() -> rows(random.randn(dtype, whole)));
  }

  private int start(List<?> whole, int rank) {
    return Math.toIntExact((long) whole.size() * rank / group.size());
  }

  private long even(long all) {
    if (all % group.size() != 0) {
      throw new TorchException(
          "batch: wanted rows that %d processes share evenly, got %d".formatted(group.size(), all));
    }
    return all / group.size();
  }

  /**
   * The sum over all processes, in the caller's scope; the same bits everywhere.
   *
   * @param part this process's
   * @return its value is the sum, its gradient goes to the own part alone
   */
  public Tensor sum(Tensor part) {
    if (group.size() == 1) {
      return part;
    }
    return Scope.tensor(
        () -> {
          Tensor sum = part.detach().copy().to(group.device()).contiguous();
          group.allReduce(sum);
          return sum.to(part.device()).add(part.sub(part.detach()));
        });
  }

  /** The sum of a count over all processes. */
  public long sum(long part) {
    if (group.size() == 1) {
      return part;
    }
    return Scope.call(scope -> sum(Tensors.of(new long[] {part}, 1)).itemLong());
  }

  /** The mean over the elements of all processes, of which each has the same number: []. */
  public Tensor mean(Tensor part) {
    return Scope.tensor(() -> sum(part.mean()).div(group.size()));
  }

  /**
   * The unbiased variance of channels over the rows of all processes.
   *
   * @param rows [n, D]; n may differ between processes, and be 0
   * @param count rows of all processes, at least 2
   * @return [D]
   */
  public Tensor variance(Tensor rows, long count) {
    if (group.size() == 1) {
      return rows.var(true, false, 0);
    }
    return Scope.tensor(
        () -> {
          // Detached: distances from the mean sum to 0, so nothing comes back through it.
          Tensor mean = sum(rows.detach().sum(false, 0)).div(count);
          return sum(rows.sub(mean).square().sum(false, 0)).div(count - 1);
        });
  }
}
