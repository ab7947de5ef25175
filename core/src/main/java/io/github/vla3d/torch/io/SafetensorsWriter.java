package io.github.vla3d.torch.io;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.TensorSpec;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.io.SafetensorsHeader.Entry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/**
 * Writes safetensors files, tensor by tensor, so that memory stays small whatever their size. A
 * file is written aside, brought to the disk and renamed: it is there whole or not at all.
 *
 * <p>Wide elements come first and names are sorted within a width, so that every tensor is aligned
 * and the file depends on the content only. The metadata gets {@code format: pt} (which other
 * readers look for) and a digest of all the rest, see {@link Safetensors#verifyContent}.
 */
public final class SafetensorsWriter {
  private static final JsonFactory JSON = new JsonFactory();
  private static final String NO_DIGEST = "0".repeat(64);

  private SafetensorsWriter() {}

  /**
   * Writes one file.
   *
   * @param metadata free texts; {@code sha256} is not free
   * @throws TorchException if it cannot be written; the file is then as it was
   */
  public static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) {
    Map<String, TensorSpec> specs = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> specs.put(name, TensorSpec.of(tensor)));
    write(file, specs, name -> Objects.requireNonNull(tensors.get(name)), metadata);
  }

  /**
   * Writes one file of tensors that are made when it is their turn.
   *
   * @param values makes the tensor of a name, in a scope that closes when it is written
   * @throws TorchException if it cannot be written, or a tensor is not as specified; the file is
   *     then as it was
   */
  public static void write(
      Path file,
      Map<String, TensorSpec> specs,
      Function<String, Tensor> values,
      Map<String, String> metadata) {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("format", "pt");
    texts.putAll(metadata);
    if (metadata.containsKey(SafetensorsHeader.DIGEST)) {
      throw new TorchException(
          file + ": metadata: '" + SafetensorsHeader.DIGEST + "' is kept for the digest");
    }
    Map<String, Entry> entries = entries(sorted(specs));
    texts.put(SafetensorsHeader.DIGEST, NO_DIGEST);
    byte[] blank = header(entries, texts);
    if (blank.length > SafetensorsHeader.MAX_HEADER) {
      throw new TorchException(file + ": header: too long with " + blank.length + " bytes");
    }
    MessageDigest digest = SafetensorsHeader.digestOf(entries, texts);
    FileIo.writeAtomically(
        file,
        channel -> {
          channel.position(8 + blank.length);
          for (Map.Entry<String, Entry> e : entries.entrySet()) {
            writeValues(channel, e.getKey(), e.getValue().spec(), values, digest);
          }
          texts.put(SafetensorsHeader.DIGEST, HexFormat.of().formatHex(digest.digest()));
          ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
          channel.position(0);
          FileIo.writeFully(channel, length.putLong(blank.length).flip());
          FileIo.writeFully(channel, ByteBuffer.wrap(header(entries, texts)));
        });
  }

  /** Writes one file with no metadata of the caller's. */
  public static void write(Path file, Map<String, Tensor> tensors) {
    write(file, tensors, Map.of());
  }

  /**
   * Writes {@code model.safetensors}, or as many files as it takes and their index, as Hugging Face
   * lays them out. The index comes last. A tensor larger than the limit gets a file to itself.
   *
   * @param maxBytes of the values of one file
   */
  public static void writeSharded(
      Path folder, Map<String, Tensor> tensors, Map<String, String> metadata, long maxBytes) {
    if (maxBytes < 1) {
      throw new TorchException("maxBytes: wanted >= 1, got " + maxBytes);
    }
    List<Map<String, Tensor>> shards = new ArrayList<>();
    long room = 0;
    long total = 0;
    for (Map.Entry<String, Tensor> e : tensors.entrySet()) {
      long bytes = e.getValue().numel() * e.getValue().dtype().bytes();
      total += bytes;
      if (shards.isEmpty() || bytes > room) {
        shards.add(new LinkedHashMap<>());
        room = maxBytes;
      }
      shards.get(shards.size() - 1).put(e.getKey(), e.getValue());
      room -= bytes;
    }
    if (shards.size() <= 1) {
      write(folder.resolve("model.safetensors"), tensors, metadata);
      return;
    }
    Map<String, String> fileOf = new LinkedHashMap<>();
    for (int i = 0; i < shards.size(); i++) {
      String file = "model-%05d-of-%05d.safetensors".formatted(i + 1, shards.size());
      write(folder.resolve(file), shards.get(i), metadata);
      shards.get(i).keySet().forEach(name -> fileOf.put(name, file));
    }
    byte[] index = index(fileOf, total);
    FileIo.writeAtomically(
        folder.resolve("model.safetensors.index.json"),
        channel -> FileIo.writeFully(channel, ByteBuffer.wrap(index)));
  }

  private static Map<String, TensorSpec> sorted(Map<String, TensorSpec> specs) {
    List<Map.Entry<String, TensorSpec>> sorted = new ArrayList<>(specs.entrySet());
    sorted.sort(
        Comparator.comparingInt((Map.Entry<String, TensorSpec> e) -> -e.getValue().dtype().bytes())
            .thenComparing(Map.Entry::getKey));
    Map<String, TensorSpec> map = new LinkedHashMap<>();
    sorted.forEach(e -> map.put(e.getKey(), e.getValue()));
    return map;
  }

  private static Map<String, Entry> entries(Map<String, TensorSpec> sorted) {
    Map<String, Entry> entries = new LinkedHashMap<>();
    long at = 0;
    for (Map.Entry<String, TensorSpec> e : sorted.entrySet()) {
      String name = e.getKey();
      if (name.equals(SafetensorsHeader.METADATA) || name.length() > StrictJson.MAX_NAME) {
        throw new TorchException("no name for a tensor: '" + name + "'");
      }
      TensorSpec spec = e.getValue();
      long end = at + spec.numel() * spec.dtype().bytes();
      entries.put(name, new Entry(spec, at, end));
      at = end;
    }
    return entries;
  }

  /** JSON, padded with spaces so that the values start at a multiple of 8. */
  private static byte[] header(Map<String, Entry> entries, Map<String, String> metadata) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartObject();
      json.writeObjectFieldStart(SafetensorsHeader.METADATA);
      for (Map.Entry<String, String> e : metadata.entrySet()) {
        json.writeStringField(e.getKey(), e.getValue());
      }
      json.writeEndObject();
      for (Map.Entry<String, Entry> e : entries.entrySet()) {
        Entry entry = e.getValue();
        json.writeObjectFieldStart(e.getKey());
        json.writeStringField("dtype", entry.spec().dtype().name());
        json.writeFieldName("shape");
        long[] shape = entry.spec().shape().stream().mapToLong(Long::longValue).toArray();
        json.writeArray(shape, 0, shape.length);
        json.writeFieldName("data_offsets");
        json.writeArray(new long[] {entry.start(), entry.end()}, 0, 2);
        json.writeEndObject();
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new TorchException("header: " + e.getMessage(), e);
    }
    byte[] padding = " ".repeat(-out.size() & 7).getBytes(StandardCharsets.US_ASCII);
    out.write(padding, 0, padding.length);
    return out.toByteArray();
  }

  private static byte[] index(Map<String, String> fileOf, long total) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(out).useDefaultPrettyPrinter()) {
      json.writeStartObject();
      json.writeObjectFieldStart("metadata");
      json.writeNumberField("total_size", total);
      json.writeEndObject();
      json.writeObjectFieldStart("weight_map");
      for (Map.Entry<String, String> e : fileOf.entrySet()) {
        json.writeStringField(e.getKey(), e.getValue());
      }
      json.writeEndObject();
      json.writeEndObject();
    } catch (IOException e) {
      throw new TorchException("index: " + e.getMessage(), e);
    }
    return out.toByteArray();
  }

  private static void writeValues(
      FileChannel channel,
      String name,
      TensorSpec spec,
      Function<String, Tensor> values,
      MessageDigest digest)
      throws IOException {
    try {
      Scope.run(
          () -> {
            Tensor tensor = values.apply(name);
            if (!TensorSpec.of(tensor).equals(spec)) {
              throw new TorchException("'%s': wanted %s, got %s".formatted(name, spec, tensor));
            }
            tensor.stream(
                bytes -> {
                  digest.update(bytes.duplicate());
                  try {
                    FileIo.writeFully(channel, bytes);
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                });
          });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }
}
