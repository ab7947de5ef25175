package io.github.vla3d.labelling;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;

/** Threads of this process, each with files and a teacher of its own. */
final class LocalEngine implements LabelEngine {
  @Override
  public String name() {
    return "local";
  }

  @Override
  public Map<Integer, String> run(
      LabelJob job, List<Integer> episodes, int threads, LabelListener listener) {
    Queue<Integer> open = new ConcurrentLinkedQueue<>(episodes);
    Map<Integer, String> failed = new ConcurrentSkipListMap<>();
    AtomicBoolean broken = new AtomicBoolean();
    LabelListener all =
        new LabelListener() {
          @Override
          public void frames(int count) {
            listener.frames(count);
          }

          @Override
          public boolean stop() {
            return broken.get() || listener.stop();
          }
        };
    ExecutorService pool =
        Executors.newFixedThreadPool(
            Math.max(1, Math.min(threads, episodes.size())),
            work -> {
              Thread thread = new Thread(work, "vla3d label");
              thread.setDaemon(true);
              return thread;
            });
    try {
      List<Future<?>> workers = new ArrayList<>();
      for (int i = 0; i < Math.min(threads, episodes.size()); i++) {
        workers.add(pool.submit(() -> work(job, open, failed, broken, all)));
      }
      RuntimeException first = null;
      for (Future<?> worker : workers) {
        try {
          worker.get();
        } catch (ExecutionException e) {
          RuntimeException cause =
              e.getCause() instanceof RuntimeException known
                  ? known
                  : new IllegalStateException(e.getCause());
          if (first == null) {
            first = cause;
          } else {
            first.addSuppressed(cause);
          }
        } catch (InterruptedException e) {
          broken.set(true);
          Thread.currentThread().interrupt();
          throw new IllegalStateException("labelling: interrupted", e);
        }
      }
      if (first != null) {
        throw first;
      }
      return failed;
    } finally {
      pool.shutdown();
    }
  }

  private static void work(
      LabelJob job,
      Queue<Integer> open,
      Map<Integer, String> failed,
      AtomicBoolean broken,
      LabelListener listener) {
    boolean well = false;
    try (LabelWorker worker = new LabelWorker(job)) {
      Integer next;
      while (!listener.stop() && (next = open.poll()) != null) {
        int number = next;
        worker.label(number, listener).ifPresent(reason -> failed.put(number, reason));
      }
      well = true;
    } finally {
      if (!well) {
        broken.set(true);
      }
    }
  }
}
