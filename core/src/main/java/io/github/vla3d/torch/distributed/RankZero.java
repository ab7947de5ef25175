package io.github.vla3d.torch.distributed;

import io.github.vla3d.torch.ProcessGroup;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.TorchException;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What one process does for all, as writing files, and what all must agree on. All processes must
 * call the same methods in the same order.
 */
public final class RankZero {
  /** So often rank 0 tells the others that it still works. */
  private static final long PAUSE_MILLIS = 5000;

  private static final long WORKS = 1;
  private static final long DONE = 2;
  private static final long FAILED = 3;

  private final ProcessGroup group;

  public RankZero(ProcessGroup group) {
    this.group = group;
  }

  /** Whether this process is the one. */
  public boolean isThis() {
    return group.rank() == 0;
  }

  /** Something that may fail. */
  @FunctionalInterface
  public interface Work {
    void run() throws IOException;
  }

  /** The same with a result. */
  @FunctionalInterface
  public interface Making<T> {
    T make() throws IOException;
  }

  /**
   * Rank 0 does something on this thread; the others wait until it has, however long that takes.
   *
   * @throws IOException what the work throws, in rank 0
   * @throws TorchException in the others if it failed; in all if one has ended
   */
  public void does(Work work) throws IOException {
    makes(
        () -> {
          work.run();
          return true;
        });
  }

  /**
   * The same with a result.
   *
   * @return what was made, in rank 0 alone
   */
  public <T> Optional<T> makes(Making<T> work) throws IOException {
    if (group.size() == 1) {
      return Optional.of(work.make());
    }
    if (!isThis()) {
      await();
      return Optional.empty();
    }
    try (Signals signals = new Signals()) {
      T made = work.make();
      signals.done();
      return Optional.of(made);
    }
  }

  private void await() {
    long said = WORKS;
    while (said == WORKS) {
      said = sum(0)[0];
    }
    if (said != DONE) {
      throw new TorchException(
          "rank %d of %d: rank 0 has failed".formatted(group.rank(), group.size()));
    }
  }

  /** Whether any process says so. */
  public boolean any(boolean here) {
    return any(new boolean[] {here})[0];
  }

  /**
   * The same for several questions at once.
   *
   * @param here as many in all processes
   */
  public boolean[] any(boolean[] here) {
    if (group.size() == 1) {
      return here.clone();
    }
    long[] votes = new long[here.length];
    for (int i = 0; i < votes.length; i++) {
      votes[i] = here[i] ? 1 : 0;
    }
    long[] sums = sum(votes);
    boolean[] any = new boolean[here.length];
    for (int i = 0; i < any.length; i++) {
      any[i] = sums[i] > 0;
    }
    return any;
  }

  /**
   * Makes sure that a number is the same everywhere.
   *
   * @param what its name
   * @throws TorchException in all processes if it is not
   */
  public void same(String what, long value) {
    Scope.run(
        () -> {
          Tensor here = Tensors.of(new long[] {value}, 1).to(group.device());
          long[] all = group.allGather(here).toLongs();
          for (long other : all) {
            if (other != all[0]) {
              throw new TorchException(
                  "%s: wanted the same in all processes, got %d and %d"
                      .formatted(what, all[0], other));
            }
          }
        });
  }

  private long[] sum(long... values) {
    return Scope.call(
        scope -> {
          Tensor sum = Tensors.of(values, values.length).to(group.device());
          group.allReduce(sum);
          return sum.toLongs();
        });
  }

  /** Tells the others how the work of rank 0 goes, while it goes and at its end. */
  private final class Signals implements AutoCloseable {
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread thread = new Thread(this::tell, "rank 0 works");
    private volatile long end = FAILED;
    private volatile @Nullable TorchException lost;

    Signals() {
      thread.setDaemon(true);
      thread.start();
    }

    void done() {
      end = DONE;
    }

    private void tell() {
      try {
        while (!ended.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS)) {
          sum(WORKS);
        }
        sum(end);
      } catch (TorchException e) {
        lost = e;
      } catch (InterruptedException e) {
        lost = new TorchException("interrupted while rank 0 works", e);
      }
    }

    @Override
    public void close() {
      ended.countDown();
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new TorchException("interrupted while rank 0 works", e);
      }
      TorchException failure = lost;
      if (failure != null) {
        throw failure;
      }
    }
  }
}
