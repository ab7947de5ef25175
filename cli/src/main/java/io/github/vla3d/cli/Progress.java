package io.github.vla3d.cli;

import java.io.PrintStream;
import java.time.Duration;

/**
 * Tells on standard error how far a long piece of work is: a bar that is redrawn on a terminal, a
 * line now and then elsewhere, both with rate and time left.
 */
final class Progress implements AutoCloseable {
  private static final long REDRAW = 100_000_000L;
  private static final long LINE = 10_000_000_000L;
  private static final int BAR = 30;

  private final PrintStream err = System.err;
  private final boolean terminal;
  private final String what;
  private final String unit;
  private final long total;
  private final long began = System.nanoTime();
  private long shown;
  private long done;

  /**
   * @param what the work, in a few words
   * @param unit what is counted, in the plural
   * @param total how many there are
   */
  Progress(String what, String unit, long total) {
    this(what, unit, total, System.console() != null && System.getenv("TERM") != null);
  }

  Progress(String what, String unit, long total, boolean terminal) {
    this.what = what;
    this.unit = unit;
    this.total = total;
    this.terminal = terminal;
    this.shown = began - (terminal ? REDRAW : 0);
  }

  /** Counts some as done. */
  void advance(long count) {
    done += count;
    long now = System.nanoTime();
    if (now - shown >= (terminal ? REDRAW : LINE)) {
      shown = now;
      if (terminal) {
        err.print("\r\u001b[K" + line());
        err.flush();
      } else {
        err.println(line());
      }
    }
  }

  private String line() {
    double seconds = (System.nanoTime() - began) / 1e9;
    double rate = done / Math.max(seconds, 1e-3);
    String left = done == 0 ? "?" : clock((total - done) / rate);
    String facts = String.format("%d of %d %s, %.1f/s, %s left", done, total, unit, rate, left);
    if (!terminal) {
      return what + ": " + facts;
    }
    int filled = total == 0 ? BAR : (int) (BAR * done / total);
    return what + " [" + "#".repeat(filled) + " ".repeat(BAR - filled) + "] " + facts;
  }

  private static String clock(double seconds) {
    Duration left = Duration.ofSeconds(Math.round(Math.max(0, seconds)));
    return left.toHours() > 0
        ? String.format("%d:%02d:%02d", left.toHours(), left.toMinutesPart(), left.toSecondsPart())
        : String.format("%d:%02d", left.toMinutes(), left.toSecondsPart());
  }

  /** Says how much was done, and in what time. */
  @Override
  public void close() {
    double seconds = (System.nanoTime() - began) / 1e9;
    err.printf(
        "%s%s: %d of %d %s in %s%n",
        terminal ? "\r\u001b[K" : "", what, done, total, unit, clock(seconds));
  }
}
