package io.github.vla3d.data;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Reads observations ahead of training, in the order of the samples, and never holds more than a
 * given number of them. Each worker has its own data sets, because decoders are not shared.
 */
public final class Prefetcher implements AutoCloseable {
  /** One item for training. */
  public record Item(
      SampleOrder.Sample sample, Observation observation, ActionChunks.Chunk actions) {}

  private final Supplier<SampleOrder.Sample> order;
  private final ActionChunks chunks;
  private final int ahead;
  private final ThreadPoolExecutor workers;
  private final LinkedBlockingQueue<List<Dataset>> free = new LinkedBlockingQueue<>();
  private final List<List<Dataset>> all = new ArrayList<>();
  private final Deque<Future<Item>> pending = new ArrayDeque<>();

  /**
   * @param open opens the data sets of one worker, in the order of the samples' numbers
   * @param order yields the samples; asked from the caller's thread only
   * @param chunks how actions are cut
   * @param workers threads, at least 1
   * @param ahead observations held at most, in work and waiting together, at least 1
   */
  public Prefetcher(
      Supplier<List<Dataset>> open,
      Supplier<SampleOrder.Sample> order,
      ActionChunks chunks,
      int workers,
      int ahead) {
    if (workers < 1 || ahead < 1) {
      throw new IllegalArgumentException(
          "prefetch: wanted workers and frames above 0, got %d and %d".formatted(workers, ahead));
    }
    this.order = order;
    this.chunks = chunks;
    this.ahead = ahead;
    // Platform threads: engines below keep state per thread.
    this.workers =
        new ThreadPoolExecutor(
            workers,
            workers,
            0,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, "prefetch");
              thread.setDaemon(true);
              return thread;
            });
    for (int i = 0; i < workers; i++) {
      List<Dataset> datasets = open.get();
      all.add(datasets);
      free.add(datasets);
    }
  }

  /**
   * The next item; waits until it is read.
   *
   * @throws DataException if it cannot be read
   */
  public Item next() {
    // The item handed out last is the caller's: of those held here, one place is for this one.
    while (pending.size() < ahead) {
      SampleOrder.Sample sample = order.get();
      pending.add(workers.submit(() -> read(sample)));
    }
    try {
      return pending.remove().get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for data", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  private Item read(SampleOrder.Sample sample) throws InterruptedException {
    List<Dataset> datasets = free.take();
    try {
      Episode episode = datasets.get(sample.dataset()).episode(sample.episode());
      return new Item(
          sample, episode.observation(sample.frame()), chunks.at(episode, sample.frame()));
    } finally {
      free.add(datasets);
    }
  }

  /** Observations in work or waiting. */
  public int held() {
    return pending.size();
  }

  /** Stops the workers and closes their data sets. */
  @Override
  public void close() {
    workers.shutdownNow();
    try {
      if (!workers.awaitTermination(1, TimeUnit.MINUTES)) {
        throw new IllegalStateException("a worker does not stop reading");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    pending.clear();
    all.forEach(datasets -> datasets.forEach(Dataset::close));
  }
}
