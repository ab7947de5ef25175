package io.github.vla3d.torch.io;

import io.github.vla3d.torch.TorchException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * A zip file of which no name comes twice and every entry that is read must have the length and the
 * check sum that the directory says, which {@link ZipFile} alone does not check.
 */
final class StrictZip implements AutoCloseable {
  private final ZipFile zip;
  private final Map<String, ZipEntry> entries = new LinkedHashMap<>();

  /** Takes an entry's content; must not close the stream. */
  @FunctionalInterface
  interface Body<T> {
    T read(InputStream in) throws IOException;
  }

  StrictZip(Path file) throws IOException {
    try {
      this.zip = new ZipFile(file.toFile());
    } catch (IllegalArgumentException e) {
      throw new TorchException("not a zip file: " + e.getMessage(), e);
    }
    zip.stream()
        .forEach(
            entry -> {
              if (entries.put(entry.getName(), entry) != null) {
                throw new TorchException("'" + entry.getName() + "' is in it twice");
              }
            });
  }

  Map<String, ZipEntry> entries() {
    return Collections.unmodifiableMap(entries);
  }

  /**
   * @throws TorchException if the body leaves a byte unread, or the check sum is wrong
   */
  <T> T read(ZipEntry entry, Body<T> body) throws IOException {
    CRC32 crc = new CRC32();
    try (InputStream raw = zip.getInputStream(entry);
        CheckedInputStream in = new CheckedInputStream(raw, crc)) {
      T result = body.read(in);
      if (in.read() >= 0) {
        throw new TorchException("'" + entry.getName() + "': more bytes than wanted");
      }
      if (crc.getValue() != entry.getCrc()) {
        throw new TorchException("'" + entry.getName() + "': damaged, its check sum differs");
      }
      return result;
    }
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }
}
