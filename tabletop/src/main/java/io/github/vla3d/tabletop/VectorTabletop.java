package io.github.vla3d.tabletop;

import io.github.vla3d.data.Observation;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntConsumer;

/**
 * Several tables at once, over the cores. What happens on each does not depend on the others or on
 * the number of threads. One thread at a time calls.
 */
public final class VectorTabletop implements AutoCloseable {
  private final List<Tabletop> tables = new ArrayList<>();
  private final List<ExecutorService> workers = new ArrayList<>();

  /**
   * @param count tables
   * @param size of their pictures, pixels
   * @param threads that work on them, at least 1; each table stays with one
   */
  public VectorTabletop(int count, int size, int threads) {
    if (count < 1 || threads < 1) {
      throw new IllegalArgumentException(
          "tabletop: wanted tables and threads, got %d and %d".formatted(count, threads));
    }
    for (int i = 0; i < count; i++) {
      tables.add(new Tabletop(size));
    }
    for (int i = 0; i < Math.min(threads, count); i++) {
      workers.add(
          Executors.newSingleThreadExecutor(
              work -> {
                Thread thread = new Thread(work, "vla3d tabletop");
                thread.setDaemon(true);
                return thread;
              }));
    }
  }

  public int size() {
    return tables.size();
  }

  /** One of the tables, for what is not done to all; not while a call is under way. */
  public Tabletop table(int index) {
    return tables.get(index);
  }

  /** Begins an episode on each table. */
  public List<Observation> reset(List<Variant> variants) {
    check(variants.size());
    Observation[] seen = new Observation[size()];
    forEach(i -> seen[i] = tables.get(i).reset(variants.get(i)));
    return List.of(seen);
  }

  /**
   * One step on each table; tables that are done stay as they are.
   *
   * @param actions seven numbers a table
   */
  public List<Outcome> step(double[][] actions) {
    check(actions.length);
    Outcome[] outcomes = new Outcome[size()];
    forEach(
        i -> {
          Tabletop table = tables.get(i);
          outcomes[i] = table.outcome().done() ? table.outcome() : table.step(actions[i]);
        });
    return List.of(outcomes);
  }

  /** What each table's policy gets now. */
  public List<Observation> observe() {
    Observation[] seen = new Observation[size()];
    forEach(i -> seen[i] = tables.get(i).observe());
    return List.of(seen);
  }

  /** Does something for each table, on the table's thread. */
  public void forEach(IntConsumer work) {
    List<Future<?>> running = new ArrayList<>();
    for (int w = 0; w < workers.size(); w++) {
      int first = w;
      running.add(
          workers
              .get(w)
              .submit(
                  () -> {
                    for (int i = first; i < size(); i += workers.size()) {
                      work.accept(i);
                    }
                  }));
    }
    for (Future<?> future : running) {
      try {
        future.get();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("tabletop: interrupted", e);
      } catch (ExecutionException e) {
        if (e.getCause() instanceof RuntimeException cause) {
          throw cause;
        }
        throw new IllegalStateException(e.getCause());
      }
    }
  }

  private void check(int given) {
    if (given != size()) {
      throw new IllegalArgumentException(
          "tabletop: wanted one for each of %d tables, got %d".formatted(size(), given));
    }
  }

  @Override
  public void close() {
    workers.forEach(ExecutorService::shutdownNow);
  }
}
