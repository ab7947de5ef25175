package io.github.vla3d.labelling;

import io.github.vla3d.data.DataException;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.Episode;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.ReadOptions;
import io.github.vla3d.labelling.truth.Truth;
import io.github.vla3d.labelling.truth.Truths;
import io.github.vla3d.perception.LabelledObject;
import io.github.vla3d.perception.Teacher;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Lets a teacher label recordings, or worse ones than there are, and scores it at once, without
 * keeping anything.
 */
public final class Trial {
  private Trial() {}

  private record Part(LabelScorer scorer, long frames, long nanos) {}

  /**
   * Frames go to the teacher in their order, every one, episode beside episode.
   *
   * @param job whose teacher is tried; its folder is not looked at
   * @param disturbance what is worse for the teacher
   * @param episodes which, by their numbers; all if empty
   * @param threads that label at the same time
   * @return with the speed of the teachers alone
   * @throws IllegalArgumentException if the data set has no truth
   */
  public static Scores run(
      LabelJob job,
      Disturbance disturbance,
      List<Integer> episodes,
      int threads,
      LabelListener listener) {
    if (disturbance.kind() == Disturbance.Kind.LOSSY && !TrialTable.hasLossy(job)) {
      throw new IllegalArgumentException(
          "--trial lossy: wanted a data set with depth in lossy videos, got none in "
              + job.dataset());
    }
    List<Integer> wanted = Labelling.plan(job, episodes).wanted();
    ExecutorService pool =
        Executors.newFixedThreadPool(
            threads,
            work -> {
              Thread thread = new Thread(work, "vla3d trial");
              thread.setDaemon(true);
              return thread;
            });
    AtomicBoolean broken = new AtomicBoolean();
    try {
      List<Future<Part>> running = new ArrayList<>();
      for (int number : wanted) {
        running.add(pool.submit(() -> episode(job, disturbance, number, broken, listener)));
      }
      List<LabelScorer> scorers = new ArrayList<>();
      long frames = 0;
      long nanos = 0;
      for (Future<Part> future : running) {
        Part part = future.get();
        scorers.add(part.scorer);
        frames += part.frames;
        nanos += part.nanos;
      }
      double seconds = Math.max(1e-9, nanos / 1e9 / Math.min(threads, wanted.size()));
      return LabelScorer.scores(scorers).at(frames / seconds);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("trial: interrupted", e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException known
          ? known
          : new IllegalStateException(e.getCause());
    } finally {
      broken.set(true);
      pool.shutdown();
    }
  }

  private static Part episode(
      LabelJob job,
      Disturbance disturbance,
      int number,
      AtomicBoolean broken,
      LabelListener listener) {
    try (Truth truth =
            Truths.open(job.dataset())
                .orElseThrow(
                    () ->
                        new IllegalArgumentException(
                            "--trial: wanted instance pictures of a simulator, got none in "
                                + job.dataset()));
        Dataset recordings = Recordings.open(job.dataset(), disturbance.clean());
        Teacher teacher = Teachers.of(job.teacher(), job.dataset(), job.options())) {
      Episode clean = recordings.episode(number);
      Optional<ReadOptions> other = disturbance.shown(clean.viewNames());
      LabelScorer scorer = new LabelScorer(truth, new Lifting(job.preset()));
      long nanos = 0;
      int frames = 0;
      try (Dataset shown =
          other.isPresent() ? Recordings.open(job.dataset(), other.get()) : recordings) {
        Episode worse = shown.episode(number);
        for (int frame = 0; frame < clean.frames(); frame++) {
          if (broken.get() || listener.stop()) {
            break;
          }
          Observation seen;
          Observation taught;
          try {
            seen = clean.observation(frame);
            taught =
                disturbance.apply(
                    number, frame, other.isPresent() ? worse.observation(frame) : seen);
          } catch (DataException e) {
            continue; // a frame that cannot be read is nothing to try
          }
          long began = System.nanoTime();
          List<LabelledObject> labels = teacher.label(number, frame, taught);
          nanos += System.nanoTime() - began;
          frames++;
          if (LabelScorer.wants(frame)) {
            scorer.add(number, frame, seen, taught, labels);
          }
          listener.frames(1);
        }
      }
      return new Part(scorer, frames, nanos);
    }
  }
}
