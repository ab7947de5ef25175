package io.github.vla3d.training;

import io.github.vla3d.torch.distributed.RankZero;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The steps of a stage, whatever it trains: counts them, measures them, tells the listener, saves
 * now and then and at the end, and stops when asked. Of several processes, the one of rank 0 saves,
 * and all stop if one is asked to.
 */
final class TrainingLoop {
  private final String stage;
  private final long steps;
  private final long saveEvery;
  private final TrainingListener listener;
  private final RankZero rankZero;

  TrainingLoop(
      String stage, long steps, long saveEvery, TrainingListener listener, RankZero rankZero) {
    this.stage = stage;
    this.steps = steps;
    this.saveEvery = saveEvery;
    this.listener = listener;
    this.rankZero = rankZero;
  }

  /** What a stage does. */
  interface Work {
    /**
     * Trains a step.
     *
     * @param number steps done before
     * @return losses by name ("total" among them), gradient norms, rates
     */
    Map<String, Double> step(long number, Stopwatch watch) throws IOException;

    /**
     * Writes a checkpoint; in rank 0 alone.
     *
     * @param step steps done
     * @param values of the last one
     */
    void save(long step, Map<String, Double> values) throws IOException;
  }

  /** Where the time of a step goes. */
  static final class Stopwatch {
    private long data;
    private long samples;

    /** Waited for data so many nanoseconds. */
    void data(long nanos) {
      data += nanos;
    }

    void samples(long count) {
      samples += count;
    }
  }

  /**
   * Goes on from a step.
   *
   * @return whether all are done; false if the listener wanted to stop
   */
  boolean run(long from, Work work) throws IOException {
    long step = from;
    while (step < steps) {
      Stopwatch watch = new Stopwatch();
      long began = System.nanoTime();
      Map<String, Double> values = new LinkedHashMap<>(work.step(step, watch));
      step++;
      double seconds = (System.nanoTime() - began) / 1e9;
      values.put("time.samples_per_s", watch.samples / seconds);
      values.put("time.data_share", watch.data / 1e9 / seconds);
      listener.step(stage, step, values);
      boolean stop = rankZero.any(listener.stop());
      if (stop || step == steps || step % saveEvery == 0) {
        long done = step;
        rankZero.does(() -> work.save(done, values));
      }
      if (stop && step < steps) {
        return false;
      }
    }
    return true;
  }
}
