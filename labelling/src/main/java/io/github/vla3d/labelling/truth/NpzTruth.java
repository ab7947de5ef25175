package io.github.vla3d.labelling.truth;

import io.github.vla3d.data.DataException;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.io.NpyArray;
import io.github.vla3d.torch.io.Npz;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** Reads {@code .npz} files of privileged arrays. */
final class NpzTruth {
  private static final long LIMIT = 1L << 30;
  private static final int MAX_NAMES = 1 << 20;

  /** Length of the header's length, and what stands before it. */
  private static final int HEADER = 10;

  private static final Pattern TEXTS = Pattern.compile("'descr': '<U(\\d{1,4})'");

  private NpzTruth() {}

  static Map<String, NpyArray> arrays(Path file, Set<String> names) {
    try {
      return Npz.read(file, names, LIMIT);
    } catch (TorchException e) {
      throw new DataException(
          file.toString(), null, -1, "an npz file with " + names, "" + e.getMessage(), e);
    }
  }

  static NpyArray array(Path file, Map<String, NpyArray> arrays, String name) {
    NpyArray array = arrays.get(name);
    if (array == null) {
      throw new DataException(file.toString(), name, -1, "the array", "arrays " + arrays.keySet());
    }
    return array;
  }

  /** One picture of U8 [pictures, height, width]. */
  static InstancePicture picture(Path file, String name, NpyArray all, int index) {
    List<Long> shape = all.spec().shape();
    if (all.spec().dtype() != DType.U8
        || shape.size() != 3
        || index < 0
        || index >= shape.get(0)
        || shape.get(1) < 1
        || shape.get(2) < 1) {
      throw new DataException(
          file.toString(),
          name,
          index,
          "U8 [more than " + index + ", height, width]",
          "" + all.spec());
    }
    int height = Math.toIntExact(shape.get(1));
    int width = Math.toIntExact(shape.get(2));
    byte[] ids = new byte[height * width];
    all.values().position(index * ids.length).get(ids);
    return new InstancePicture(width, height, ids);
  }

  /** NumPy's fixed-width text: four bytes a character, padded with zeros. */
  static List<String> texts(Path file, String name) {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      ZipEntry entry = zip.getEntry(name + ".npy");
      if (entry == null) {
        throw new DataException(file.toString(), name, -1, "the array", "none of this name");
      }
      byte[] bytes;
      try (InputStream in = zip.getInputStream(entry)) {
        bytes = in.readNBytes(MAX_NAMES);
      }
      int header =
          HEADER
              + (bytes.length < HEADER
                  ? 0
                  : ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getShort(8) & 0xffff);
      Matcher type =
          TEXTS.matcher(
              new String(bytes, 0, Math.min(header, bytes.length), StandardCharsets.ISO_8859_1));
      if (!type.find()) {
        throw new DataException(file.toString(), name, -1, "texts of a fixed width", "others");
      }
      int width = 4 * Integer.parseInt(type.group(1));
      List<String> names = new ArrayList<>();
      for (int at = header; width > 0 && at + width <= bytes.length; at += width) {
        String padded = new String(bytes, at, width, Charset.forName("UTF-32LE"));
        names.add(padded.replace("\0", ""));
      }
      return names;
    } catch (IOException e) {
      throw new DataException(
          file.toString(), name, -1, "a readable npz file", "" + e.getMessage(), e);
    }
  }
}
