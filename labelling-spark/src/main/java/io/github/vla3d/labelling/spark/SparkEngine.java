package io.github.vla3d.labelling.spark;

import io.github.vla3d.labelling.LabelEngine;
import io.github.vla3d.labelling.LabelJob;
import io.github.vla3d.labelling.LabelListener;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.LongAccumulator;

/**
 * A Spark job with one task an episode. Inside this process unless {@code spark-submit} says where:
 * it hands the master over in system properties, and then data and labels must lie on a file system
 * that all workers share.
 */
public final class SparkEngine implements LabelEngine {
  private static final long POLL_MILLISECONDS = 200;

  @Override
  public String name() {
    return "spark";
  }

  @Override
  public Map<Integer, String> run(
      LabelJob job, List<Integer> episodes, int threads, LabelListener listener) {
    if (episodes.isEmpty()) {
      return Map.of();
    }
    SparkConf conf =
        new SparkConf()
            .setAppName("vla3d label " + job.dataset().getFileName())
            .setIfMissing("spark.master", "local[" + threads + "]")
            .setIfMissing("spark.ui.enabled", "false");
    if (conf.get("spark.master").startsWith("local")) {
      // Nothing but this process: no look-up of the host's name, which may have none.
      conf.setIfMissing("spark.driver.host", "localhost")
          .setIfMissing("spark.driver.bindAddress", "127.0.0.1");
    }
    try (JavaSparkContext spark = new JavaSparkContext(conf)) {
      LongAccumulator frames = spark.sc().longAccumulator("frames");
      JavaFutureAction<List<EpisodeResult>> running =
          spark
              .parallelize(episodes, episodes.size())
              .map(new EpisodeTask(job, frames))
              .collectAsync();
      Map<Integer, String> unreadable = new TreeMap<>();
      for (EpisodeResult result : wait(running, frames, listener)) {
        if (!result.unreadable().isEmpty()) {
          unreadable.put(result.episode(), result.unreadable());
        }
      }
      return unreadable;
    }
  }

  /** Tells of what is done meanwhile; empty if the listener wanted to stop. */
  private static List<EpisodeResult> wait(
      JavaFutureAction<List<EpisodeResult>> running,
      LongAccumulator frames,
      LabelListener listener) {
    long told = 0;
    try {
      while (true) {
        try {
          List<EpisodeResult> results = running.get(POLL_MILLISECONDS, TimeUnit.MILLISECONDS);
          listener.frames((int) (frames.value() - told));
          return results;
        } catch (TimeoutException e) {
          long now = frames.value();
          if (now > told) {
            listener.frames((int) (now - told));
            told = now;
          }
          if (listener.stop()) {
            running.cancel(true);
            return List.of();
          }
        }
      }
    } catch (CancellationException e) {
      return List.of();
    } catch (InterruptedException e) {
      running.cancel(true);
      Thread.currentThread().interrupt();
      return List.of();
    } catch (ExecutionException e) {
      throw new IllegalStateException("labelling on Spark: " + e.getMessage(), e);
    }
  }
}
