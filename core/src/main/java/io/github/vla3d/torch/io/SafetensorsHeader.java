package io.github.vla3d.torch.io;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.TensorSpec;
import io.github.vla3d.torch.TorchException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The checked header of one safetensors file: a length of 8 bytes, that many bytes of JSON, then
 * the values without a gap.
 *
 * @param tensors in the order of their values in the file
 * @param dataStart where the values start in the file
 * @param size of the file
 * @param modified time of the file's last change, to notice another file in its place
 */
record SafetensorsHeader(
    Path file,
    Map<String, Entry> tensors,
    Map<String, String> metadata,
    long dataStart,
    long size,
    FileTime modified) {

  /** The reference implementation's limit. */
  static final long MAX_HEADER = 100_000_000;

  static final String METADATA = "__metadata__";

  /** Metadata key of the digest over everything else. */
  static final String DIGEST = "sha256";

  private static final int MAX_DIMS = 64;

  /** A tensor and where its values start and end, counted from the start of all values. */
  record Entry(TensorSpec spec, long start, long end) {}

  SafetensorsHeader {
    tensors = Collections.unmodifiableMap(tensors);
    metadata = Collections.unmodifiableMap(metadata);
  }

  /**
   * @throws TorchException if the file cannot be read or is not exactly what the format asks for
   */
  static SafetensorsHeader read(Path file) {
    return FileIo.reading(file, () -> readFrom(file));
  }

  private static SafetensorsHeader readFrom(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      long size = channel.size();
      FileTime modified = Files.getLastModifiedTime(file);
      if (size < 10) {
        throw new TorchException("wanted at least 10 bytes, got " + size);
      }
      long length = bytes(channel, 8).getLong();
      if (length < 2 || length > MAX_HEADER || length > size - 8) {
        throw new TorchException(
            "header length: wanted 2 to "
                + Math.min(MAX_HEADER, size - 8)
                + " bytes in a file of "
                + size
                + ", got "
                + Long.toUnsignedString(length));
      }
      ByteBuffer text = bytes(channel, (int) length);
      if (text.get(0) != '{') {
        throw new TorchException("header: wanted a '{' as its first byte");
      }
      Map<String, String> metadata = new LinkedHashMap<>();
      Map<String, Entry> tensors = parse(text, metadata);
      return new SafetensorsHeader(
          file, checkCover(tensors, size - 8 - length), metadata, 8 + length, size, modified);
    }
  }

  private static ByteBuffer bytes(FileChannel channel, int n) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(n).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes) < 0) {
        throw new TorchException("ends within its header");
      }
    }
    return bytes.flip();
  }

  private static Map<String, Entry> parse(ByteBuffer text, Map<String, String> metadata)
      throws IOException {
    Map<String, Entry> tensors = new LinkedHashMap<>();
    try (JsonParser json = StrictJson.object(text)) {
      while (json.nextToken() != JsonToken.END_OBJECT) {
        String name = StrictJson.valid(json.currentName());
        try {
          StrictJson.expect(json, json.nextToken(), JsonToken.START_OBJECT);
          if (name.equals(METADATA)) {
            while (json.nextToken() != JsonToken.END_OBJECT) {
              metadata.put(StrictJson.valid(json.currentName()), StrictJson.text(json));
            }
          } else {
            tensors.put(name, entry(json));
          }
        } catch (TorchException e) {
          throw new TorchException("header: '" + name + "': " + e.getMessage(), e);
        }
      }
      StrictJson.end(json);
    }
    return tensors;
  }

  private static Entry entry(JsonParser json) throws IOException {
    DType dtype = null;
    List<Long> shape = null;
    List<Long> offsets = null;
    while (json.nextToken() != JsonToken.END_OBJECT) {
      switch (json.currentName()) {
        case "dtype" -> dtype = dtype(StrictJson.text(json));
        case "shape" -> shape = naturals(json);
        case "data_offsets" -> offsets = naturals(json);
        default ->
            throw new TorchException(
                "wanted dtype, shape and data_offsets, got '" + json.currentName() + "'");
      }
    }
    if (dtype == null || shape == null || offsets == null) {
      throw new TorchException("wanted dtype, shape and data_offsets, one is missing");
    }
    if (offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
      throw new TorchException("data_offsets: wanted [start, end], got " + offsets);
    }
    long got = offsets.get(1) - offsets.get(0);
    long wanted = bytesOf(dtype, shape);
    if (got != wanted) {
      throw new TorchException(
          "wanted " + wanted + " bytes for " + dtype + shape + ", got data_offsets " + offsets);
    }
    return new Entry(new TensorSpec(dtype, shape), offsets.get(0), offsets.get(1));
  }

  /** Sizes whose product overflows are refused even if another one is 0, as the engine does. */
  private static long bytesOf(DType dtype, List<Long> shape) {
    long n = dtype.bytes();
    try {
      for (long size : shape) {
        n = Math.multiplyExact(n, Math.max(size, 1));
      }
    } catch (ArithmeticException e) {
      throw new TorchException("shape " + shape + " is too large", e);
    }
    return shape.contains(0L) ? 0 : n;
  }

  private static DType dtype(String name) {
    for (DType dtype : DType.values()) {
      if (dtype.name().equals(name)) {
        return dtype;
      }
    }
    throw new TorchException(
        "dtype: wanted one of " + List.of(DType.values()) + ", got '" + name + "'");
  }

  private static List<Long> naturals(JsonParser json) throws IOException {
    StrictJson.expect(json, json.nextToken(), JsonToken.START_ARRAY);
    List<Long> values = new ArrayList<>();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      if (values.size() == MAX_DIMS) {
        throw new TorchException("shape: wanted at most " + MAX_DIMS + " dimensions");
      }
      values.add(StrictJson.natural(json));
    }
    return values;
  }

  /** The tensors by place: they must cover the data without gap or overlap. */
  private static Map<String, Entry> checkCover(Map<String, Entry> tensors, long bytes) {
    List<Map.Entry<String, Entry>> sorted = new ArrayList<>(tensors.entrySet());
    sorted.sort(
        Comparator.comparingLong((Map.Entry<String, Entry> e) -> e.getValue().start())
            .thenComparingLong(e -> e.getValue().end())
            .thenComparing(Map.Entry::getKey));
    Map<String, Entry> byPlace = new LinkedHashMap<>();
    long at = 0;
    for (Map.Entry<String, Entry> e : sorted) {
      if (e.getValue().start() != at) {
        throw new TorchException(
            "header: '"
                + e.getKey()
                + "': wanted values from byte "
                + at
                + " on, without gap or overlap, got "
                + e.getValue().start());
      }
      at = e.getValue().end();
      byPlace.put(e.getKey(), e.getValue());
    }
    if (at != bytes) {
      throw new TorchException("wanted " + at + " bytes of values by the header, got " + bytes);
    }
    return byPlace;
  }

  @Nullable String digest() {
    return metadata.get(DIGEST);
  }

  /** A digest that has taken in all of the header that matters, except itself; values follow. */
  static MessageDigest digestOf(Map<String, Entry> tensors, Map<String, String> metadata) {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
    new TreeMap<>(metadata)
        .forEach(
            (key, value) -> {
              if (!key.equals(DIGEST)) {
                take(digest, key);
                take(digest, value);
              }
            });
    take(digest, "");
    tensors.forEach(
        (name, entry) -> {
          take(digest, name);
          take(digest, entry.spec().toString());
        });
    take(digest, "");
    return digest;
  }

  /** With its length in front, so that no other sequence of texts gives the same bytes. */
  private static void take(MessageDigest digest, String text) {
    byte[] utf8 = text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    digest.update(ByteBuffer.allocate(4).putInt(utf8.length).flip());
    digest.update(utf8);
  }
}
