package io.github.vla3d.training;

import io.github.vla3d.data.DataException;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Byte records of any length by number, in one file: the records, then where each begins and how
 * long it is, then where that table begins. Several threads may read at once.
 */
final class RecordFile implements AutoCloseable {
  private static final int ENTRY = Long.BYTES + Integer.BYTES;

  private final Path file;
  private final FileChannel channel;
  private final ByteBuffer table;

  private RecordFile(Path file, FileChannel channel, ByteBuffer table) {
    this.file = file;
    this.channel = channel;
    this.table = table;
  }

  /** Opens a file that a {@link Writer} has finished. */
  static RecordFile open(Path file) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    try {
      long end = channel.size() - Long.BYTES;
      long from = read(channel, end, Long.BYTES).getLong();
      return new RecordFile(file, channel, read(channel, from, Math.toIntExact(end - from)));
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static ByteBuffer read(FileChannel channel, long from, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, from + buffer.position()) < 0) {
        throw new EOFException("a file of records ends at " + (from + buffer.position()));
      }
    }
    return buffer.flip();
  }

  /**
   * A record.
   *
   * @throws DataException if there is none of this number
   */
  ByteBuffer get(int number) {
    int length = table.getInt(number * ENTRY + Long.BYTES);
    if (length == 0) {
      throw new DataException(file.toString(), "frame", number, "a record", "none");
    }
    try {
      return read(channel, table.getLong(number * ENTRY), length);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Bytes of the file. */
  long bytes() throws IOException {
    return channel.size();
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes a file, which is there when it is whole. Several threads may write at once. */
  static final class Writer implements AutoCloseable {
    private final Path part;
    private final FileChannel channel;
    private final ByteBuffer table;
    private long end;

    /**
     * @param folder that the file will be in
     * @param records their number; not all need be written
     */
    Writer(Path folder, int records) throws IOException {
      // Of its own: another process may be making the same.
      this.part = folder.resolve("samples-%d.part".formatted(ProcessHandle.current().pid()));
      this.channel =
          FileChannel.open(
              part,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE);
      this.table = ByteBuffer.allocate(Math.multiplyExact(records, ENTRY));
    }

    /** Writes the bytes that remain in the buffer. */
    synchronized void put(int number, ByteBuffer record) throws IOException {
      table.putLong(number * ENTRY, end);
      table.putInt(number * ENTRY + Long.BYTES, record.remaining());
      append(record);
    }

    private void append(ByteBuffer bytes) throws IOException {
      while (bytes.hasRemaining()) {
        end += channel.write(bytes, end);
      }
    }

    /** The file takes its place, over one that may be there. */
    void finish(Path file) throws IOException {
      long from = end;
      append(table.rewind());
      append(ByteBuffer.allocate(Long.BYTES).putLong(from).flip());
      channel.force(true);
      channel.close();
      Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Without {@link #finish} nothing is left. */
    @Override
    public void close() throws IOException {
      channel.close();
      Files.deleteIfExists(part);
    }
  }
}
