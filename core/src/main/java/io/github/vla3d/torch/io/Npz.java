package io.github.vla3d.torch.io;

import io.github.vla3d.torch.TorchException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** NumPy's {@code .npz} files: zip archives of {@link Npy} files, stored or deflated. */
public final class Npz {
  private static final String SUFFIX = ".npy";

  /**
   * Bytes that {@link #read(Path)} unpacks at most: a compressed file may be 1000 times smaller.
   */
  public static final long DEFAULT_LIMIT = 1L << 30;

  private Npz() {}

  /** The arrays by name, at most {@link #DEFAULT_LIMIT} bytes of them. */
  public static Map<String, NpyArray> read(Path file) {
    return read(file, DEFAULT_LIMIT);
  }

  /**
   * The arrays by name, in the order of the archive.
   *
   * @param limit of the bytes of all arrays
   * @throws TorchException if the file is damaged, larger, or holds anything but arrays
   */
  public static Map<String, NpyArray> read(Path file, long limit) {
    return FileIo.reading(file, () -> readFrom(file, name -> true, limit));
  }

  /**
   * The arrays of these names, as far as they are there. Others are not looked at and may be of any
   * type, for example texts.
   *
   * @param limit of the bytes of the wanted arrays
   * @throws TorchException if one of them is damaged or no array, or they are larger
   */
  public static Map<String, NpyArray> read(Path file, Set<String> names, long limit) {
    return FileIo.reading(file, () -> readFrom(file, names::contains, limit));
  }

  private static Map<String, NpyArray> readFrom(Path file, Predicate<String> wanted, long limit)
      throws IOException {
    Map<String, NpyArray> arrays = new LinkedHashMap<>();
    try (StrictZip zip = new StrictZip(file)) {
      long room = limit;
      for (ZipEntry entry : zip.entries().values()) {
        String name = entry.getName();
        if (!name.endsWith(SUFFIX)) {
          throw new TorchException("wanted .npy files only, got '" + name + "'");
        }
        if (!wanted.test(name.substring(0, name.length() - SUFFIX.length()))) {
          continue;
        }
        room -= entry.getSize();
        if (room < 0) {
          throw new TorchException("wanted at most " + limit + " bytes of arrays, got more");
        }
        try {
          arrays.put(
              name.substring(0, name.length() - SUFFIX.length()),
              zip.read(entry, in -> Npy.read(in, entry.getSize())));
        } catch (TorchException e) {
          throw new TorchException("'" + name + "': " + e.getMessage(), e);
        }
      }
    }
    return Collections.unmodifiableMap(arrays);
  }

  /** Writes a compressed archive. The file is there whole or not at all. */
  public static void write(Path file, Map<String, NpyArray> arrays) {
    FileIo.writeAtomically(
        file,
        channel -> {
          ZipOutputStream zip = new ZipOutputStream(Channels.newOutputStream(channel));
          for (Map.Entry<String, NpyArray> e : arrays.entrySet()) {
            // No time of writing: the same arrays give the same file.
            ZipEntry entry = new ZipEntry(e.getKey() + SUFFIX);
            entry.setTime(0);
            zip.putNextEntry(entry);
            zip.write(Npy.header(e.getValue().spec()));
            copy(e.getValue(), zip);
            zip.closeEntry();
          }
          zip.finish();
        });
  }

  private static void copy(NpyArray array, OutputStream out) throws IOException {
    java.nio.ByteBuffer values = array.values();
    byte[] piece = new byte[Math.min(1 << 16, values.remaining())];
    while (values.hasRemaining()) {
      int n = Math.min(piece.length, values.remaining());
      values.get(piece, 0, n);
      out.write(piece, 0, n);
    }
  }
}
