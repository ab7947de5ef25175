package io.github.vla3d.tabletop;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** How fast the benchmark runs on this machine. */
public final class TabletopSpeed {
  private static final double WARM_UP = 4;

  private TabletopSpeed() {}

  /**
   * @param stepsPerSecond with two views rendered at each step, resets included
   * @param physics share of the threads' time in steps
   * @param rendering share of the threads' time in observations
   */
  public record Report(double stepsPerSecond, double physics, double rendering) {}

  /**
   * Lets the expert play on as many tables as threads, after a warm-up.
   *
   * @param size of the pictures
   */
  public static Report measure(int threads, int size, double seconds) {
    try (VectorTabletop tables = new VectorTabletop(threads, size, threads)) {
      run(tables, WARM_UP);
      return run(tables, seconds);
    }
  }

  private static Report run(VectorTabletop tables, double seconds) {
    AtomicLong steps = new AtomicLong();
    AtomicLong physics = new AtomicLong();
    AtomicLong rendering = new AtomicLong();
    AtomicLong busy = new AtomicLong();
    long began = System.nanoTime();
    tables.forEach(
        i -> {
          Tabletop table = tables.table(i);
          List<Task> tasks = Tasks.all();
          int episode = i;
          long start = System.nanoTime();
          while (System.nanoTime() - began < seconds * 1e9) {
            table.reset(Variant.nominal(tasks.get(episode % tasks.size()).name(), episode));
            episode += tables.size();
            Expert expert = new Expert(table);
            boolean done = false;
            while (!done && System.nanoTime() - began < seconds * 1e9) {
              double[] action = expert.act();
              long a = System.nanoTime();
              done = table.step(action).done();
              long b = System.nanoTime();
              table.observe();
              physics.addAndGet(b - a);
              rendering.addAndGet(System.nanoTime() - b);
              steps.incrementAndGet();
            }
          }
          busy.addAndGet(System.nanoTime() - start);
        });
    double elapsed = (System.nanoTime() - began) / 1e9;
    return new Report(
        steps.get() / elapsed,
        (double) physics.get() / busy.get(),
        (double) rendering.get() / busy.get());
  }
}
