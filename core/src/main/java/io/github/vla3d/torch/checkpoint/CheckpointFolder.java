package io.github.vla3d.torch.checkpoint;

import io.github.vla3d.torch.TorchException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The folder {@code checkpoints} of a run. One process at a time may write to it; anybody may read.
 *
 * <p>How a write survives a crash at any moment: the new checkpoint grows in a hidden folder; all
 * its files reach the disk, then its manifest, then the names; only then one rename makes it
 * visible. An older one of the same step steps aside first under a name that {@link #newestWhole}
 * still knows. What is to be deleted is renamed before. What a crash leaves behind is cleaned away
 * by the next {@link #open}.
 */
public final class CheckpointFolder implements AutoCloseable {
  private static final String LAST = "last";
  private static final String NEW = ".new-";
  private static final String REPLACED = ".replaced-";
  private static final String TRASH = ".trash-";
  private static final Pattern CANDIDATE =
      Pattern.compile("(" + Pattern.quote(REPLACED) + ")?(\\d{6,18})");

  private final Path folder;
  private final Retention retention;
  private final FileChannel lock;

  /** Fills the folder of a new checkpoint. */
  @FunctionalInterface
  public interface Contents {
    /**
     * @param folder empty; may get any files and folders
     */
    void write(Path folder) throws IOException;
  }

  /**
   * A checkpoint that is not whole.
   *
   * @param reason one line
   */
  public record Broken(Path folder, String reason) {}

  /**
   * What a search has found.
   *
   * @param newest the newest whole checkpoint
   * @param broken newer ones that are not whole
   */
  public record Search(Optional<Checkpoint> newest, List<Broken> broken) {
    public Search {
      broken = List.copyOf(broken);
    }
  }

  private CheckpointFolder(Path folder, Retention retention, FileChannel lock) {
    this.folder = folder;
    this.retention = retention;
    this.lock = lock;
  }

  /**
   * Opens the folder for writing, makes it if need be, and cleans away what crashed writes left.
   *
   * @throws TorchException if another process writes to it, or it cannot be made
   */
  public static CheckpointFolder open(Path folder, Retention retention) {
    try {
      Files.createDirectories(folder);
      FileChannel lock =
          FileChannel.open(
              folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      try {
        if (lock.tryLock() == null) {
          throw new OverlappingFileLockException();
        }
        CheckpointFolder open = new CheckpointFolder(folder, retention, lock);
        open.clean();
        return open;
      } catch (OverlappingFileLockException e) {
        lock.close();
        throw new TorchException(folder + ": another run writes its checkpoints there", e);
      } catch (IOException | RuntimeException e) {
        lock.close();
        throw e;
      }
    } catch (IOException e) {
      throw new TorchException(folder + ": cannot be opened for checkpoints: " + e, e);
    }
  }

  private void clean() throws IOException {
    for (Path path : list(folder)) {
      String name = String.valueOf(path.getFileName());
      if (name.startsWith(REPLACED)) {
        Path place = folder.resolve(name.substring(REPLACED.length()));
        if (Files.exists(place)) {
          discard(path);
        } else {
          Files.move(path, place, StandardCopyOption.ATOMIC_MOVE);
        }
      } else if (name.startsWith(NEW) || name.startsWith(TRASH)) {
        DurableFiles.deleteTree(path);
      }
    }
  }

  /**
   * Finds the newest checkpoint whose manifest and digests hold, reading all its files. {@code
   * last} is for people and other programs; it is not asked.
   */
  public static Search newestWhole(Path folder) {
    List<Broken> broken = new ArrayList<>();
    for (Candidate candidate : candidates(folder)) {
      try {
        Manifest manifest = candidate.manifest();
        manifest.verify(candidate.folder());
        return new Search(Optional.of(candidate.checkpoint(manifest)), broken);
      } catch (TorchException e) {
        broken.add(new Broken(candidate.folder(), String.valueOf(e.getMessage())));
      }
    }
    return new Search(Optional.empty(), broken);
  }

  /**
   * Opens one checkpoint, reading all its files.
   *
   * @param folder as in {@code checkpoints/000020} or {@code checkpoints/last}
   * @throws TorchException if it is not whole
   */
  public static Checkpoint whole(Path folder) {
    Path target = Files.isRegularFile(folder) ? namedBy(folder) : folder;
    Manifest manifest = Manifest.read(target);
    manifest.verify(target);
    return new Checkpoint(target, manifest.step(), manifest.metrics());
  }

  /** What {@code last} says where there are no links. */
  private static Path namedBy(Path file) {
    try {
      String name = Files.size(file) < 100 ? Files.readString(file).strip() : "";
      if (CANDIDATE.matcher(name).matches()) {
        return file.resolveSibling(name);
      }
    } catch (IOException e) {
      throw new TorchException(file + ": cannot be read: " + e, e);
    }
    throw new TorchException(file + ": wanted a folder, or a file with the name of one");
  }

  /**
   * Writes a checkpoint, points {@code last} to it and deletes those that need not stay. When this
   * returns, it survives a power failure. An older one of the same step is replaced.
   *
   * @param metrics named results, finite
   * @throws TorchException if something cannot be written; all that was there before still is
   */
  public Checkpoint save(long step, Map<String, Double> metrics, Contents contents) {
    String name = String.format("%06d", step);
    Path target = folder.resolve(name);
    Path aside = folder.resolve(NEW + name);
    Path replaced = folder.resolve(REPLACED + name);
    Manifest manifest;
    try {
      DurableFiles.deleteTree(aside);
      Files.createDirectory(aside);
      contents.write(aside);
      manifest = Manifest.of(aside, step, metrics);
      manifest.write(aside);
      DurableFiles.syncFolders(aside);
      publish(aside, target, replaced);
    } catch (IOException | RuntimeException e) {
      throw unwritten(target, aside, e);
    }
    Checkpoint saved = new Checkpoint(target, step, manifest.metrics());
    try {
      discard(replaced);
      pointLastTo(name);
      prune(saved);
    } catch (IOException e) {
      throw new TorchException(
          target + ": is written, but the folder could not be tidied: " + e, e);
    }
    return saved;
  }

  private void publish(Path aside, Path target, Path replaced) throws IOException {
    boolean replaces = Files.exists(target, LinkOption.NOFOLLOW_LINKS);
    if (replaces) {
      Files.move(target, replaced, StandardCopyOption.ATOMIC_MOVE);
    }
    try {
      Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      if (replaces) {
        Files.move(replaced, target, StandardCopyOption.ATOMIC_MOVE);
      }
      throw e;
    }
    DurableFiles.sync(folder);
  }

  private TorchException unwritten(Path target, Path aside, Exception e) {
    String why = e instanceof TorchException ? String.valueOf(e.getMessage()) : e.toString();
    try {
      DurableFiles.deleteTree(aside);
    } catch (IOException leftover) {
      e.addSuppressed(leftover); // the next open cleans it away
    }
    return new TorchException(
        target + ": not written, earlier checkpoints are as they were: " + why, e);
  }

  private void pointLastTo(String name) throws IOException {
    Path link = folder.resolve(NEW + LAST);
    Files.deleteIfExists(link);
    try {
      Files.createSymbolicLink(link, Path.of(name));
    } catch (UnsupportedOperationException | FileSystemException e) {
      DurableFiles.write(link, (name + "\n").getBytes(StandardCharsets.UTF_8));
    }
    Files.move(
        link,
        folder.resolve(LAST),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
    DurableFiles.sync(folder);
  }

  /** The one just written is whole and stays, so the only whole one is never deleted. */
  private void prune(Checkpoint saved) throws IOException {
    List<Checkpoint> all = new ArrayList<>(List.of(saved));
    for (Candidate candidate : candidates(folder)) {
      if (candidate.step() == saved.step()) {
        continue;
      }
      try {
        all.add(candidate.checkpoint(candidate.manifest()));
      } catch (TorchException e) {
        continue; // broken: newestWhole reports it, nobody deletes it
      }
    }
    all.sort(Comparator.comparingLong(Checkpoint::step).reversed());
    var kept = retention.kept(all);
    for (Checkpoint checkpoint : all) {
      if (!kept.contains(checkpoint) && !checkpoint.equals(saved)) {
        discard(checkpoint.folder());
      }
    }
  }

  /** Renames before it deletes: half a checkpoint must never be seen. */
  private void discard(Path path) throws IOException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Path trash = folder.resolve(TRASH + path.getFileName());
    DurableFiles.deleteTree(trash);
    Files.move(path, trash, StandardCopyOption.ATOMIC_MOVE);
    DurableFiles.deleteTree(trash);
  }

  /** A folder with the name of a checkpoint. */
  private record Candidate(Path folder, long step, boolean replaced) {
    Manifest manifest() {
      Manifest manifest = Manifest.read(folder);
      if (manifest.step() != step) {
        throw new TorchException(folder + ": its manifest is that of step " + manifest.step());
      }
      return manifest;
    }

    Checkpoint checkpoint(Manifest manifest) {
      return new Checkpoint(folder, step, manifest.metrics());
    }
  }

  /** From the newest to the oldest. */
  private static List<Candidate> candidates(Path folder) {
    List<Candidate> candidates = new ArrayList<>();
    try {
      for (Path path : Files.isDirectory(folder) ? list(folder) : List.<Path>of()) {
        Matcher name = CANDIDATE.matcher(String.valueOf(path.getFileName()));
        if (name.matches() && Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
          candidates.add(new Candidate(path, Long.parseLong(name.group(2)), name.group(1) != null));
        }
      }
    } catch (IOException e) {
      throw new TorchException(folder + ": cannot be read: " + e, e);
    }
    candidates.sort(
        Comparator.comparingLong(Candidate::step).reversed().thenComparing(Candidate::replaced));
    return candidates;
  }

  private static List<Path> list(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      return files.toList();
    }
  }

  /** Lets other processes write. */
  @Override
  public void close() {
    try {
      lock.close();
    } catch (IOException e) {
      throw new TorchException(folder + ": cannot be closed: " + e, e);
    }
  }
}
