package io.github.vla3d.torch.io;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.TensorSpec;
import io.github.vla3d.torch.TorchException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * NumPy's {@code .npy} files, versions 1 to 3, of numbers and booleans, in either byte order and
 * either memory order. Unsigned types without a counterpart widen: u2 to I32, u4 to I64, u8 to I64
 * if the values fit. Objects (which are pickles) and records are refused.
 */
public final class Npy {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

  /** A few hundred bytes are usual. */
  private static final int MAX_HEADER = 1 << 16;

  private static final int MAX_DIMS = 64;

  /** One entry of the Python dict that is the header. */
  private static final Pattern ITEM =
      Pattern.compile(
          "\\s*(['\"])(descr|fortran_order|shape)\\1\\s*:\\s*"
              + "(?:(['\"])(?<text>[^'\"]*)\\3|(?<flag>True|False)|\\((?<sizes>[0-9, ]*)\\))\\s*");

  /** A type of NumPy's and ours that takes its values. */
  private enum Kind {
    F8("f8", 8, DType.F64),
    F4("f4", 4, DType.F32),
    F2("f2", 2, DType.F16),
    I8("i8", 8, DType.I64),
    I4("i4", 4, DType.I32),
    I2("i2", 2, DType.I16),
    I1("i1", 1, DType.I8),
    U8("u8", 8, DType.I64),
    U4("u4", 4, DType.I64),
    U2("u2", 2, DType.I32),
    U1("u1", 1, DType.U8),
    B1("b1", 1, DType.BOOL);

    final String code;
    final int width;
    final DType dtype;

    Kind(String code, int width, DType dtype) {
      this.code = code;
      this.width = width;
      this.dtype = dtype;
    }
  }

  private record Header(Kind kind, boolean bigEndian, boolean columnMajor, List<Long> shape) {
    int numel() {
      return Math.toIntExact(new TensorSpec(kind.dtype, shape).numel());
    }
  }

  private Npy() {}

  /**
   * @throws TorchException if the file is damaged, of another type, or longer than 2 GiB
   */
  public static NpyArray read(Path file) {
    return FileIo.reading(
        file,
        () -> {
          try (InputStream in = Files.newInputStream(file)) {
            NpyArray array = read(in, Files.size(file));
            if (in.read() >= 0) {
              throw new TorchException("bytes after the last value");
            }
            return array;
          }
        });
  }

  /**
   * Reads one array and not a byte more.
   *
   * @param limit of the bytes to read, header included
   */
  static NpyArray read(InputStream in, long limit) throws IOException {
    byte[] start = bytes(in, 8);
    if (!Arrays.equals(start, 0, 6, MAGIC, 0, 6) || start[6] < 1 || start[6] > 3 || start[7] != 0) {
      throw new TorchException("not an npy file of version 1.0, 2.0 or 3.0");
    }
    int lengthBytes = start[6] == 1 ? 2 : 4;
    long length = 0;
    byte[] lengths = bytes(in, lengthBytes);
    for (int i = 0; i < lengthBytes; i++) {
      length |= (lengths[i] & 0xffL) << (8 * i);
    }
    if (length > MAX_HEADER) {
      throw new TorchException("header: wanted at most " + MAX_HEADER + " bytes, got " + length);
    }
    Header header = header(new String(bytes(in, (int) length), StandardCharsets.UTF_8));
    long max = Math.min(limit - 8 - lengthBytes - length, Integer.MAX_VALUE - 8);
    long size = sizeOf(header, max);
    ByteBuffer raw = ByteBuffer.wrap(bytes(in, (int) size));
    raw.order(header.bigEndian() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    return new NpyArray(new TensorSpec(header.kind().dtype, header.shape()), values(header, raw));
  }

  private static byte[] bytes(InputStream in, int n) throws IOException {
    byte[] bytes = in.readNBytes(n);
    if (bytes.length < n) {
      throw new TorchException("wanted " + n + " bytes more, got " + bytes.length);
    }
    return bytes;
  }

  /** Bytes of the values as read and as converted: at most max. */
  private static long sizeOf(Header header, long max) {
    long size = header.kind().width;
    long converted = header.kind().dtype.bytes();
    try {
      for (long n : header.shape()) {
        size = Math.multiplyExact(size, Math.max(n, 1));
        converted = Math.multiplyExact(converted, Math.max(n, 1));
      }
    } catch (ArithmeticException e) {
      throw new TorchException("shape " + header.shape() + " is too large", e);
    }
    if (header.shape().contains(0L)) {
      return 0;
    }
    if (size > max || converted > Integer.MAX_VALUE - 8) {
      throw new TorchException(
          "wanted at most %d bytes of values, got %d by the shape %s"
              .formatted(Math.max(max, 0), size, header.shape()));
    }
    return size;
  }

  private static Header header(String text) {
    String dict = text.strip();
    if (!dict.startsWith("{") || !dict.endsWith("}")) {
      throw new TorchException("header: wanted a dict");
    }
    Map<String, String> items = new HashMap<>();
    String rest = dict.substring(1, dict.length() - 1);
    Matcher item = ITEM.matcher(rest);
    int at = 0;
    while (at < rest.length() && !rest.substring(at).isBlank()) {
      item.region(at, rest.length());
      if (!item.lookingAt()) {
        throw new TorchException("header: wanted descr, fortran_order and shape, got " + text);
      }
      at = item.end();
      if (at < rest.length() && rest.charAt(at++) != ',') {
        throw new TorchException("header: wanted a comma, got " + text);
      }
      String key = item.group(2);
      String value =
          item.group(key.equals("descr") ? "text" : key.equals("shape") ? "sizes" : "flag");
      if (value == null || items.put(key, value) != null) {
        throw new TorchException("header: '" + key + "' is wrong or comes twice: " + text);
      }
    }
    String descr = items.get("descr");
    String flag = items.get("fortran_order");
    String sizes = items.get("shape");
    if (descr == null || flag == null || sizes == null) {
      throw new TorchException("header: wanted descr, fortran_order and shape, got " + text);
    }
    Kind kind = kind(descr);
    return new Header(kind, descr.charAt(0) == '>', flag.equals("True"), shape(sizes));
  }

  private static Kind kind(String descr) {
    for (Kind kind : Kind.values()) {
      if (descr.equals("<" + kind.code)
          || descr.equals(">" + kind.code)
          || (kind.width == 1 && descr.equals("|" + kind.code))) {
        return kind;
      }
    }
    throw new TorchException(
        "type: wanted f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 or b1, got '" + descr + "'");
  }

  private static List<Long> shape(String sizes) {
    List<Long> shape = new ArrayList<>();
    String[] parts = sizes.isBlank() ? new String[0] : sizes.split(",", -1);
    for (int i = 0; i < parts.length; i++) {
      if (i > 0 && i == parts.length - 1 && parts[i].isBlank()) {
        break;
      }
      try {
        shape.add(Long.parseLong(parts[i].strip()));
      } catch (NumberFormatException e) {
        throw new TorchException("header: shape (" + sizes + ")", e);
      }
    }
    if (shape.size() > MAX_DIMS) {
      throw new TorchException("shape: wanted at most " + MAX_DIMS + " dimensions");
    }
    return shape;
  }

  private static ByteBuffer values(Header header, ByteBuffer raw) {
    Kind kind = header.kind();
    int n = header.numel();
    boolean reorder = header.columnMajor() && header.shape().size() > 1;
    if (!reorder
        && !header.bigEndian()
        && kind.width == kind.dtype.bytes()
        && kind != Kind.U8
        && kind != Kind.B1) {
      return raw;
    }
    ByteBuffer values = ByteBuffer.allocate(n * kind.dtype.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    int[] from = reorder && n > 0 ? columnMajorPlaces(header.shape(), n) : null;
    for (int i = 0; i < n; i++) {
      convert(kind, raw, (from == null ? i : from[i]) * kind.width, values);
    }
    return values.flip();
  }

  private static void convert(Kind kind, ByteBuffer raw, int at, ByteBuffer values) {
    switch (kind) {
      case F8, I8 -> values.putLong(raw.getLong(at));
      case F4, I4 -> values.putInt(raw.getInt(at));
      case F2, I2 -> values.putShort(raw.getShort(at));
      case I1, U1 -> values.put(raw.get(at));
      case U4 -> values.putLong(raw.getInt(at) & 0xffffffffL);
      case U2 -> values.putInt(raw.getShort(at) & 0xffff);
      case U8 -> {
        long value = raw.getLong(at);
        if (value < 0) {
          throw new TorchException(
              "u8: " + Long.toUnsignedString(value) + " does not fit into a signed number");
        }
        values.putLong(value);
      }
      case B1 -> {
        byte value = raw.get(at);
        if (value != 0 && value != 1) {
          throw new TorchException("b1: wanted 0 or 1, got " + (value & 0xff));
        }
        values.put(value);
      }
    }
  }

  /** For each element in row-major order, where it is in column-major order. */
  private static int[] columnMajorPlaces(List<Long> shape, int n) {
    int dims = shape.size();
    int[] index = new int[dims];
    int[] step = new int[dims];
    int width = 1;
    for (int d = 0; d < dims; d++) {
      step[d] = width;
      width *= shape.get(d).intValue();
    }
    int[] places = new int[n];
    int place = 0;
    for (int i = 0; i < n; i++) {
      places[i] = place;
      for (int d = dims - 1; d >= 0; d--) {
        place += step[d];
        if (++index[d] < shape.get(d)) {
          break;
        }
        place -= step[d] * index[d];
        index[d] = 0;
      }
    }
    return places;
  }

  /**
   * Writes version 1.0, little-endian and row-major. The file is there whole or not at all.
   *
   * @throws TorchException if NumPy has no such type (BF16), or the file cannot be written
   */
  public static void write(Path file, NpyArray array) {
    byte[] header = header(array.spec());
    FileIo.writeAtomically(
        file,
        channel -> {
          FileIo.writeFully(channel, ByteBuffer.wrap(header));
          FileIo.writeFully(channel, array.values());
        });
  }

  /** The bytes before the values. */
  static byte[] header(TensorSpec spec) {
    Kind kind = null;
    for (Kind each : Kind.values()) {
      if (each.dtype == spec.dtype() && each.width == spec.dtype().bytes() && each != Kind.U8) {
        kind = each;
      }
    }
    if (kind == null) {
      throw new TorchException("NumPy has no type for " + spec.dtype());
    }
    StringBuilder sizes = new StringBuilder();
    for (long size : spec.shape()) {
      sizes.append(size).append(spec.shape().size() == 1 ? "," : ", ");
    }
    if (spec.shape().size() > 1) {
      sizes.setLength(sizes.length() - 2);
    }
    String dict =
        "{'descr': '%s%s', 'fortran_order': False, 'shape': (%s), }"
            .formatted(kind.width == 1 ? "|" : "<", kind.code, sizes);
    // Values start at a multiple of 64.
    String text = dict + " ".repeat(-(10 + dict.length() + 1) & 63) + "\n";
    ByteBuffer bytes =
        ByteBuffer.allocate(10 + text.length()).order(ByteOrder.LITTLE_ENDIAN).put(MAGIC);
    bytes.put((byte) 1).put((byte) 0).putShort((short) text.length());
    return bytes.put(text.getBytes(StandardCharsets.US_ASCII)).array();
  }
}
