package io.github.vla3d.torch.distributed;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Copies a child's output to a shared stream line by line, each with a prefix, so that lines of
 * several children never mix. Bytes pass unchanged, whatever their encoding.
 */
final class LinePrefixer implements Runnable {
  /** A longer line is cut, or a child without line ends could fill the memory. */
  private static final int LONGEST = 1 << 16;

  private final InputStream from;
  private final OutputStream to;
  private final byte[] prefix;

  LinePrefixer(InputStream from, OutputStream to, String prefix) {
    this.from = from;
    this.to = to;
    this.prefix = prefix.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void run() {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    byte[] buffer = new byte[1 << 13];
    try {
      for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
        for (int i = 0; i < n; i++) {
          if (buffer[i] != '\n') {
            line.write(buffer[i]);
          }
          if (buffer[i] == '\n' || line.size() == LONGEST) {
            emit(line);
          }
        }
      }
    } catch (IOException e) {
      // The child has ended and its pipe closed under the reader: there is nothing more to copy.
    }
    if (line.size() > 0) {
      emit(line);
    }
  }

  private void emit(ByteArrayOutputStream line) {
    synchronized (to) {
      try {
        to.write(prefix);
        line.writeTo(to);
        to.write('\n');
        to.flush();
      } catch (IOException e) {
        // Nobody reads any more. The child must go on: it may be saving its work.
      }
    }
    line.reset();
  }
}
