package io.github.vla3d.torch.checkpoint;

import io.github.vla3d.torch.TorchException;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a checkpoint consists of. It is written last: a folder with a manifest that holds is whole.
 *
 * @param format version of the layout, {@link #FORMAT}
 * @param step training steps done
 * @param metrics named results that decide which checkpoint is best, finite
 * @param files size and digest by path (with / between folders) of all files but the manifest's
 */
record Manifest(int format, long step, Map<String, Double> metrics, Map<String, Entry> files) {
  static final int FORMAT = 1;
  private static final String NAME = "manifest.json";
  private static final String DIGEST = "manifest.sha256";

  /**
   * @param size in bytes
   * @param sha256 64 lower-case hexadecimal digits
   */
  record Entry(long size, String sha256) {
    Entry {
      if (size < 0 || !sha256.matches("[0-9a-f]{64}")) {
        throw new TorchException("manifest: no size or no SHA-256: " + size + ", " + sha256);
      }
    }
  }

  Manifest {
    if (format != FORMAT) {
      throw new TorchException("manifest: wanted format " + FORMAT + ", got " + format);
    }
    if (step < 0) {
      throw new TorchException("manifest: wanted a step >= 0, got " + step);
    }
    metrics.forEach(
        (name, value) -> {
          if (!Double.isFinite(value)) {
            throw new TorchException("metric '" + name + "': wanted a finite number, got " + value);
          }
        });
    for (String path : files.keySet()) {
      // No absolute path, and none out of the folder, whatever the system calls a separator.
      if (!path.matches("(?!\\.{1,2}(/|$))[^/\\\\:]+(/(?!\\.{1,2}(/|$))[^/\\\\:]+)*")) {
        throw new TorchException("manifest: no path of a file in the folder: '" + path + "'");
      }
    }
    metrics = Map.copyOf(metrics);
    files = Map.copyOf(files);
  }

  /** Describes the files of a folder, which are brought to the disk on the way. */
  static Manifest of(Path folder, long step, Map<String, Double> metrics) throws IOException {
    Map<String, Entry> files = new TreeMap<>();
    for (Path file : DurableFiles.filesBelow(folder)) {
      DurableFiles.sync(file);
      String path = folder.relativize(file).toString().replace(File.separatorChar, '/');
      files.put(path, new Entry(Files.size(file), DurableFiles.sha256(file)));
    }
    return new Manifest(FORMAT, step, metrics, files);
  }

  void write(Path folder) throws IOException {
    byte[] json = Json.bytes(this);
    DurableFiles.write(folder.resolve(NAME), json);
    DurableFiles.write(folder.resolve(DIGEST), digestLine(json));
  }

  /** As the program sha256sum writes and checks it. */
  private static byte[] digestLine(byte[] json) {
    return (DurableFiles.sha256(json) + "  " + NAME + "\n").getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * Reads the manifest of a folder and checks that all files are there with their sizes.
   *
   * @throws TorchException if it does not hold
   */
  static Manifest read(Path folder) {
    Path file = folder.resolve(NAME);
    Path digest = folder.resolve(DIGEST);
    if (!Files.isRegularFile(file) || !Files.isRegularFile(digest)) {
      throw new TorchException(folder + ": no manifest: it was not written to the end");
    }
    try {
      byte[] line = digestLine(Json.readBytes(file));
      if (Files.size(digest) != line.length || !Arrays.equals(Files.readAllBytes(digest), line)) {
        throw new TorchException(file + ": damaged: its SHA-256 is not that of " + DIGEST);
      }
      Manifest manifest = Json.read(file, Manifest.class);
      for (var e : manifest.files().entrySet()) {
        Path listed = folder.resolve(e.getKey());
        if (!Files.isRegularFile(listed, LinkOption.NOFOLLOW_LINKS)) {
          throw new TorchException(listed + ": missing");
        }
        long size = Files.size(listed);
        if (size != e.getValue().size()) {
          throw new TorchException(
              listed + ": wanted " + e.getValue().size() + " bytes, got " + size);
        }
      }
      return manifest;
    } catch (IOException e) {
      throw new TorchException(folder + ": cannot be read: " + e, e);
    }
  }

  /**
   * Reads every file of the folder and compares it with its digest.
   *
   * @throws TorchException if one differs
   */
  void verify(Path folder) {
    for (var e : new TreeMap<>(files).entrySet()) {
      Path file = folder.resolve(e.getKey());
      try {
        if (!DurableFiles.sha256(file).equals(e.getValue().sha256())) {
          throw new TorchException(file + ": damaged: its SHA-256 is not that of the manifest");
        }
      } catch (IOException io) {
        throw new TorchException(file + ": cannot be read: " + io, io);
      }
    }
  }
}
