package io.github.vla3d.cli;

import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C, for work that can be gone on with: says that it is wanted to stop, and lets the program
 * end only when the thread that made this has cleared up.
 */
final class Interruption implements AutoCloseable {
  private static final long PATIENCE = TimeUnit.SECONDS.toMillis(60);

  private final Thread worker = Thread.currentThread();
  private final Thread hook = new Thread(this::interrupt, "stop on interrupt");
  private volatile boolean wanted;

  Interruption() {
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Whether to stop. */
  boolean wanted() {
    return wanted;
  }

  private void interrupt() {
    wanted = true;
    try {
      worker.join(PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    if (!wanted) {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        wanted = true; // the program began to end at this very moment
      }
    }
  }
}
