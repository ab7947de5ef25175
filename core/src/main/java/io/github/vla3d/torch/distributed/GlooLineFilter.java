package io.github.vla3d.torch.distributed;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Copies a child's standard output byte by byte, except for the lines in which Gloo tells there
 * that it has connected: those go to the error stream, or a command could not print a JSON document
 * and nothing else. The library has no switch for them.
 */
final class GlooLineFilter implements Runnable {
  private static final byte[] START = "[Gloo] Rank ".getBytes(StandardCharsets.US_ASCII);

  private final InputStream from;
  private final OutputStream out;
  private final OutputStream err;
  private boolean read = true;

  GlooLineFilter(InputStream from, OutputStream out, OutputStream err) {
    this.from = from;
    this.out = out;
    this.err = err;
  }

  @Override
  public void run() {
    byte[] buffer = new byte[1 << 13];
    int matched = 0; // bytes of START that this line has begun with; -1: it is another line
    boolean diverted = false;
    try {
      for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
        int begin = 0; // of what has neither been written nor is part of the match
        for (int i = 0; i < n; i++) {
          byte b = buffer[i];
          if (matched >= 0 && matched < START.length) {
            if (b == START[matched]) {
              if (matched == 0) {
                write(out, buffer, begin, i);
              }
              begin = i + 1;
              if (++matched == START.length) {
                diverted = true;
                write(err, START, 0, START.length);
              }
            } else {
              write(out, START, 0, matched);
              matched = -1;
            }
          }
          if (b == '\n') {
            if (diverted) {
              write(err, buffer, begin, i + 1);
              begin = i + 1;
            }
            diverted = false;
            matched = 0;
          }
        }
        write(diverted ? err : out, buffer, begin, n);
      }
    } catch (IOException e) {
      // The child has ended and its pipe closed under the reader: there is nothing more to copy.
    }
    if (!diverted && matched > 0) {
      write(out, START, 0, matched);
    }
  }

  /** Once nobody reads, the child's pipe is emptied all the same: it may be saving its work. */
  private void write(OutputStream to, byte[] bytes, int start, int end) {
    if (end <= start || (to == out && !read)) {
      return;
    }
    synchronized (to) {
      try {
        to.write(bytes, start, end - start);
        to.flush();
      } catch (IOException e) {
        read = read && to != out;
      }
    }
  }
}
