package io.github.vla3d.evaluation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The rows of an evaluation on disk. Each is written as its episode ends, so that a process that is
 * killed loses the episodes under way and nothing else; a line that was cut off is dropped when the
 * table is opened again. In the end the rows are put in order: an interrupted evaluation leaves the
 * same bytes as one that was not.
 */
public final class EpisodeTable implements AutoCloseable {
  private final Path file;
  private final Map<String, EpisodeRow> rows = new LinkedHashMap<>();
  private final FileChannel channel;

  /**
   * Opens a table, or begins it.
   *
   * @throws IllegalArgumentException if the file is no table of episodes, or another process writes
   *     to it
   */
  public EpisodeTable(Path file) throws IOException {
    this.file = file;
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      lock();
      read();
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private void lock() throws IOException {
    boolean locked;
    try {
      locked = channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      locked = false;
    }
    if (!locked) {
      throw new IllegalArgumentException(file + ": another evaluation writes to it");
    }
  }

  private void read() throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    int end = bytes.length;
    while (end > 0 && bytes[end - 1] != '\n') {
      end--;
    }
    String text = new String(bytes, 0, end, StandardCharsets.UTF_8);
    String begun = new String(bytes, StandardCharsets.UTF_8);
    if (end == 0 && !(EpisodeRow.HEADER + "\n").startsWith(begun)) {
      throw new IllegalArgumentException(file + ": wanted a table of episodes, got another file");
    }
    int number = 0;
    for (String line : text.lines().toList()) {
      if (number++ == 0) {
        if (!line.equals(EpisodeRow.HEADER)) {
          throw new IllegalArgumentException(
              "%s: wanted a table of episodes with the columns %s, got '%s'"
                  .formatted(file, EpisodeRow.HEADER, line));
        }
        continue;
      }
      try {
        EpisodeRow row = EpisodeRow.parse(line);
        rows.put(key(row.policy(), row.trial().episode(), row.seed()), row);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "%s, line %d: %s".formatted(file, number, e.getMessage()), e);
      }
    }
    channel.truncate(end);
    channel.position(end);
    if (end == 0) {
      write(EpisodeRow.HEADER + "\n");
    }
  }

  private static String key(String policy, String episode, long seed) {
    return policy + "," + episode + "," + seed;
  }

  private void write(String text) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /**
   * Refuses to mix a policy's episodes with those of other weights or options.
   *
   * @throws IllegalArgumentException if the table has such rows
   */
  public synchronized void check(Contestant contestant) {
    for (EpisodeRow row : rows.values()) {
      if (row.policy().equals(contestant.name())
          && (!row.version().equals(contestant.version())
              || row.executed() != contestant.executed())) {
        throw new IllegalArgumentException(
            ("%s: wanted episodes of '%s' with weights %s and %d actions a chunk, got some with %s"
                    + " and %d; name another folder, or the policy differently")
                .formatted(
                    file,
                    contestant.name(),
                    contestant.version(),
                    contestant.executed(),
                    row.version(),
                    row.executed()));
      }
    }
  }

  /** The row of an episode, if it has been played. */
  public synchronized Optional<EpisodeRow> row(String policy, String episode, long seed) {
    return Optional.ofNullable(rows.get(key(policy, episode, seed)));
  }

  /** All rows, in the order of the file. */
  public synchronized List<EpisodeRow> rows() {
    return new ArrayList<>(rows.values());
  }

  /** Writes a row, at once. */
  public synchronized void add(EpisodeRow row) {
    try {
      write(row.line() + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    rows.put(key(row.policy(), row.trial().episode(), row.seed()), row);
  }

  /** Puts the rows in order, in a new file that takes the place of the old one whole. */
  public synchronized void finish() throws IOException {
    StringBuilder text = new StringBuilder(EpisodeRow.HEADER).append('\n');
    rows.values().stream()
        .sorted(EpisodeRow.ORDER)
        .forEach(row -> text.append(row.line()).append('\n'));
    Path next = file.resolveSibling(file.getFileName() + ".tmp");
    Files.writeString(next, text, StandardCharsets.UTF_8);
    Files.move(next, file, StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
