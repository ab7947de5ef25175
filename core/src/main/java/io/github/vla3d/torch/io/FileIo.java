package io.github.vla3d.torch.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.github.vla3d.torch.TorchException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** What all readers and writers of files share. */
final class FileIo {
  private FileIo() {}

  /** Writes a file through its channel. */
  @FunctionalInterface
  interface Body {
    void write(FileChannel channel) throws IOException;
  }

  /** Reads something of a file. */
  @FunctionalInterface
  interface Reading<T> {
    T read() throws IOException;
  }

  /** Whatever goes wrong becomes one exception that names the file. */
  static <T> T reading(Path file, Reading<T> body) {
    try {
      return body.read();
    } catch (TorchException e) {
      throw new TorchException(file + ": " + e.getMessage(), e);
    } catch (JsonProcessingException e) {
      throw new TorchException(file + ": JSON: " + e.getOriginalMessage(), e);
    } catch (CharacterCodingException e) {
      throw new TorchException(file + ": JSON: not UTF-8", e);
    } catch (NoSuchFileException e) {
      throw new TorchException(file + ": no such file", e);
    } catch (IOException e) {
      throw new TorchException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * Writes a file beside its place, brings it to the disk and moves it there at once: whoever looks
   * finds the old file or the whole new one, also after a crash. After a failure nothing is left.
   */
  static void writeAtomically(Path file, Body body) {
    Path target = file.toAbsolutePath();
    Path folder = target.getParent();
    if (folder == null) {
      throw new TorchException(file + ": cannot be written: not a file");
    }
    String unique = ProcessHandle.current().pid() + "-" + System.nanoTime();
    Path aside = folder.resolve("." + target.getFileName() + "." + unique + ".tmp");
    try {
      try (FileChannel channel =
          FileChannel.open(aside, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
        body.write(channel);
        channel.force(true);
      }
      Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
      try (FileChannel entry = FileChannel.open(folder)) {
        entry.force(true);
      } catch (IOException e) {
        // Not every system lets a folder be opened; its file is whole all the same.
      }
    } catch (IOException e) {
      throw new TorchException(file + ": cannot be written: " + e.getMessage(), e);
    } finally {
      try {
        Files.deleteIfExists(aside);
      } catch (IOException e) {
        // The failure that left it is on its way already.
      }
    }
  }

  static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
