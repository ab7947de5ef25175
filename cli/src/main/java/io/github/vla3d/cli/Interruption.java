package io.github.vla3d.cli;

import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C, for work that can be gone on with: says that it is wanted to stop, and lets the program
 * end only when the thread that made this has cleared up and ended. {@link System#exit} would wait
 * for the program's end instead: see {@link #isEnding}.
 */
final class Interruption implements AutoCloseable {
  private static final long PATIENCE = TimeUnit.SECONDS.toMillis(60);

  private static volatile boolean ending;

  private final Thread worker = Thread.currentThread();
  private final Thread hook = new Thread(this::interrupt, "stop on interrupt");
  private volatile boolean wanted;

  Interruption() {
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Whether the program ends anyway as soon as its main thread does. */
  static boolean isEnding() {
    return ending;
  }

  /** Whether to stop. */
  boolean wanted() {
    return wanted;
  }

  private void interrupt() {
    ending = true;
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
        ending = true; // the program began to end at this very moment
      }
    }
  }
}
