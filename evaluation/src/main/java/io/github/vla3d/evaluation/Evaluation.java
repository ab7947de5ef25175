package io.github.vla3d.evaluation;

import io.github.vla3d.torch.Torch;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Lets policies play the same episodes with the same chance, over the cores. What comes out does
 * not depend on the number of threads, nor on how often it was interrupted.
 *
 * @param benchmark in which
 * @param contestants with different names
 * @param trials which episodes
 * @param seed of all chance
 * @param threads that play, at least 1; each takes an episode at a time
 */
public record Evaluation(
    Benchmark benchmark,
    List<? extends Contestant> contestants,
    List<Trial> trials,
    long seed,
    int threads) {
  /** Is told how it goes. */
  public interface Listener {
    /** An episode has ended; one call at a time. */
    void played(EpisodeRow row);

    /**
     * Who sees the arena before each step of an episode and at its end, on the thread that plays
     * it; null for nobody.
     */
    default @Nullable Consumer<Arena> watcher(Contestant contestant, Trial trial) {
      return null;
    }

    /** Whether to stop; episodes under way are lost. */
    boolean stop();
  }

  private record Job(Contestant contestant, Trial trial) {}

  /**
   * @throws IllegalArgumentException if there is nobody or nothing to play, two have one name, or
   *     there is no thread
   */
  public Evaluation {
    contestants = List.copyOf(contestants);
    trials = List.copyOf(trials);
    Set<String> names = new HashSet<>();
    for (Contestant contestant : contestants) {
      if (!names.add(contestant.name())) {
        throw new IllegalArgumentException(
            "policies: wanted different names, got '%s' twice (NAME=FOLDER gives others)"
                .formatted(contestant.name()));
      }
    }
    if (contestants.isEmpty() || trials.isEmpty() || threads < 1) {
      throw new IllegalArgumentException(
          "evaluation: wanted at least one policy, episode and thread, got %d, %d and %d"
              .formatted(contestants.size(), trials.size(), threads));
    }
  }

  /** Episodes that a table does not have yet. */
  public int missing(EpisodeTable table) {
    return jobs(table).size();
  }

  private List<Job> jobs(EpisodeTable table) {
    contestants.forEach(table::check);
    List<Job> jobs = new ArrayList<>();
    // All policies take an episode before the next comes, so that what there is is always paired.
    for (Trial trial : trials) {
      for (Contestant contestant : contestants) {
        if (table.row(contestant.name(), trial.episode(), seed).isEmpty()) {
          jobs.add(new Job(contestant, trial));
        }
      }
    }
    return jobs;
  }

  /**
   * Plays what the table does not have yet.
   *
   * @return whether all is played; false if the listener stopped it
   * @throws IllegalArgumentException if the table has episodes of the same policies with other
   *     weights, or an action is no number
   */
  public boolean run(EpisodeTable table, Listener listener) {
    List<Job> jobs = jobs(table);
    AtomicInteger next = new AtomicInteger();
    AtomicBoolean failed = new AtomicBoolean();
    ExecutorService pool =
        Executors.newFixedThreadPool(
            threads,
            work -> {
              Thread thread = new Thread(work, "vla3d evaluation");
              thread.setDaemon(true);
              return thread;
            });
    try {
      List<Future<?>> working = new ArrayList<>();
      for (int i = 0; i < Math.min(threads, jobs.size()); i++) {
        working.add(pool.submit(() -> work(jobs, next, failed, table, listener)));
      }
      RuntimeException first = null;
      for (Future<?> future : working) {
        try {
          future.get();
        } catch (InterruptedException e) {
          failed.set(true);
          Thread.currentThread().interrupt();
          throw new IllegalStateException("evaluation: interrupted", e);
        } catch (ExecutionException e) {
          if (first == null) {
            first =
                e.getCause() instanceof RuntimeException cause
                    ? cause
                    : new IllegalStateException(e.getCause());
          }
        }
      }
      if (first != null) {
        throw first;
      }
    } finally {
      pool.shutdown();
    }
    return missing(table) == 0;
  }

  private void work(
      List<Job> jobs,
      AtomicInteger next,
      AtomicBoolean failed,
      EpisodeTable table,
      Listener listener) {
    String program = program();
    try (Arena arena = benchmark.open()) {
      for (int i = next.getAndIncrement(); i < jobs.size(); i = next.getAndIncrement()) {
        Job job = jobs.get(i);
        Rollout.Result result =
            Rollout.play(
                arena,
                job.trial,
                job.contestant,
                seed,
                listener.watcher(job.contestant, job.trial),
                () -> failed.get() || listener.stop());
        if (result == null) {
          return;
        }
        EpisodeRow row =
            new EpisodeRow(
                job.contestant.name(),
                job.contestant.version(),
                job.contestant.executed(),
                benchmark.name(),
                job.trial,
                seed,
                result.standing().success(),
                result.standing().steps(),
                result.questions(),
                program);
        table.add(row);
        synchronized (table) {
          listener.played(row);
        }
      }
    } catch (RuntimeException | Error e) {
      failed.set(true);
      throw e;
    }
  }

  /** Versions of program and engine. */
  private static String program() {
    String version = Evaluation.class.getPackage().getImplementationVersion();
    return "vla3d " + (version == null ? "development" : version) + " torch " + Torch.version();
  }
}
