package io.github.vla3d.torch.io;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Store;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.TensorSpec;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.Weights;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * A safetensors file, or a checkpoint of several with Hugging Face's {@code
 * model.safetensors.index.json}. Opening reads and checks the headers; values are mapped when they
 * are asked for, so that size costs neither time nor memory. May be used by several threads.
 *
 * <p>The files must stay as they are while they are open: of a file that somebody shortens, the
 * operating system ends the process that touches the lost pages. Files that {@link
 * SafetensorsWriter} replaces stay readable to whoever opened them before.
 */
public final class Safetensors implements Weights {
  private static final String SINGLE = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";
  private static final int READ_BYTES = 1 << 20;

  /** Whether the content is what was written. */
  public enum Content {
    /** The digest in the file is that of its content. */
    INTACT,
    /** The content is not what the digest in the file says. */
    DAMAGED,
    /** The file carries no digest: other programs write none. */
    UNMARKED
  }

  private final Path source;
  private final List<SafetensorsHeader> shards;
  private final Map<String, TensorSpec> specs = new LinkedHashMap<>();
  private final Map<String, SafetensorsHeader> places = new HashMap<>();
  private final Store store;
  private final Map<SafetensorsHeader, Tensor> mapped = new HashMap<>();
  private final Map<String, Tensor> handedOut = new HashMap<>();

  private Safetensors(Path source, List<SafetensorsHeader> shards) {
    this.source = source;
    this.shards = shards;
    for (SafetensorsHeader shard : shards) {
      shard
          .tensors()
          .forEach(
              (name, entry) -> {
                SafetensorsHeader other = places.putIfAbsent(name, shard);
                if (other != null) {
                  throw new TorchException(
                      "%s: '%s' is in %s and in %s"
                          .formatted(
                              source,
                              name,
                              other.file().getFileName(),
                              shard.file().getFileName()));
                }
                specs.put(name, entry.spec());
              });
    }
    this.store = new Store();
  }

  /**
   * Opens a file, an index of several, or a folder with {@code model.safetensors} or {@code
   * model.safetensors.index.json} (not both).
   *
   * @throws TorchException if something is missing or not exactly as the format asks
   */
  public static Safetensors open(Path path) {
    if (Files.isDirectory(path)) {
      boolean single = Files.exists(path.resolve(SINGLE));
      boolean index = Files.exists(path.resolve(INDEX));
      if (single == index) {
        throw new TorchException(
            "%s: wanted %s or %s, got %s"
                .formatted(path, SINGLE, INDEX, single ? "both" : "neither"));
      }
      path = path.resolve(single ? SINGLE : INDEX);
    }
    Path name = path.getFileName();
    return name != null && name.toString().endsWith(".index.json")
        ? new Safetensors(path, shards(path))
        : new Safetensors(path, List.of(SafetensorsHeader.read(path)));
  }

  private static List<SafetensorsHeader> shards(Path index) {
    Map<String, String> fileOf = weightMap(index);
    Map<String, SafetensorsHeader> shards = new LinkedHashMap<>();
    for (String file : new TreeSet<>(fileOf.values())) {
      shards.put(file, SafetensorsHeader.read(index.resolveSibling(file)));
    }
    fileOf.forEach(
        (name, file) -> {
          SafetensorsHeader shard = shards.get(file);
          if (shard == null || !shard.tensors().containsKey(name)) {
            throw new TorchException(index + ": '" + name + "' is not in " + file);
          }
        });
    shards.forEach(
        (file, shard) ->
            shard
                .tensors()
                .keySet()
                .forEach(
                    name -> {
                      if (!file.equals(fileOf.get(name))) {
                        throw new TorchException(
                            "%s: '%s' is in %s, but the index says %s"
                                .formatted(index, name, file, fileOf.get(name)));
                      }
                    }));
    return List.copyOf(shards.values());
  }

  private static Map<String, String> weightMap(Path index) {
    return FileIo.reading(
        index,
        () -> {
          long size = Files.size(index);
          if (size > SafetensorsHeader.MAX_HEADER) {
            throw new TorchException(
                "wanted at most " + SafetensorsHeader.MAX_HEADER + " bytes, got " + size);
          }
          try (JsonParser json = StrictJson.object(ByteBuffer.wrap(Files.readAllBytes(index)))) {
            return weightMap(json);
          }
        });
  }

  private static Map<String, String> weightMap(JsonParser json) throws IOException {
    Map<String, String> fileOf = null;
    while (json.nextToken() != JsonToken.END_OBJECT) {
      switch (json.currentName()) {
        case "weight_map" -> fileOf = fileOf(json);
        case "metadata" -> {
          json.nextToken();
          json.skipChildren();
        }
        default ->
            throw new TorchException(
                "wanted metadata and weight_map, got '" + json.currentName() + "'");
      }
    }
    StrictJson.end(json);
    if (fileOf == null) {
      throw new TorchException("wanted a weight_map, got none");
    }
    return fileOf;
  }

  private static Map<String, String> fileOf(JsonParser json) throws IOException {
    Map<String, String> fileOf = new LinkedHashMap<>();
    StrictJson.expect(json, json.nextToken(), JsonToken.START_OBJECT);
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String name = StrictJson.valid(json.currentName());
      String file = StrictJson.text(json);
      // An index reaches no further than its own folder.
      if (!file.matches("[\\w][\\w.+=@ -]*\\.safetensors")) {
        throw new TorchException(
            "'" + name + "': wanted the name of a .safetensors file beside it, got '" + file + "'");
      }
      fileOf.put(name, file);
    }
    return fileOf;
  }

  @Override
  public String source() {
    return source.toString();
  }

  @Override
  public Map<String, TensorSpec> specs() {
    return Collections.unmodifiableMap(specs);
  }

  /** The free texts of the header; of several files, those of the first. */
  public Map<String, String> metadata() {
    return shards.isEmpty() ? Map.of() : shards.get(0).metadata();
  }

  @Override
  public synchronized Tensor get(String name) {
    Tensor known = handedOut.get(name);
    if (known != null) {
      return known;
    }
    SafetensorsHeader shard = places.get(name);
    SafetensorsHeader.Entry entry = shard == null ? null : shard.tensors().get(name);
    if (shard == null || entry == null) {
      throw new TorchException(
          source + ": no tensor '" + name + "'" + StrictMatch.suggestion(name, specs.keySet()));
    }
    List<Tensor> result = new ArrayList<>();
    Scope.run(() -> result.add(store.put(read(whole(shard), shard.dataStart(), entry))));
    handedOut.put(name, result.get(0));
    return result.get(0);
  }

  private static Tensor read(Tensor whole, long dataStart, SafetensorsHeader.Entry entry) {
    long start = dataStart + entry.start();
    Tensor bytes = whole.narrow(0, start, entry.end() - entry.start());
    if (start % entry.spec().dtype().bytes() != 0) {
      bytes = bytes.copy();
    }
    long[] shape = entry.spec().shape().stream().mapToLong(Long::longValue).toArray();
    return bytes.viewAs(entry.spec().dtype()).view(shape);
  }

  private Tensor whole(SafetensorsHeader shard) {
    Tensor known = mapped.get(shard);
    if (known != null) {
      return known;
    }
    checkUnchanged(shard);
    Tensor whole = store.put(Tensors.mapped(shard.file(), shard.size()));
    checkUnchanged(shard);
    mapped.put(shard, whole);
    return whole;
  }

  private static void checkUnchanged(SafetensorsHeader shard) {
    boolean same =
        FileIo.reading(
            shard.file(),
            () ->
                Files.size(shard.file()) == shard.size()
                    && Files.getLastModifiedTime(shard.file()).equals(shard.modified()));
    if (!same) {
      throw new TorchException(shard.file() + ": has changed since it was opened");
    }
  }

  /**
   * Reads everything once and compares it with the digest that {@link SafetensorsWriter} leaves in
   * the metadata: names, shapes, metadata and every bit of the values.
   *
   * @return for several files, {@code DAMAGED} if one is, else {@code UNMARKED} if one is
   */
  public Content verifyContent() {
    Content all = Content.INTACT;
    for (SafetensorsHeader shard : shards) {
      String wanted = shard.digest();
      if (wanted == null) {
        all = all == Content.DAMAGED ? all : Content.UNMARKED;
      } else if (!wanted.equals(digestOfFile(shard))) {
        all = Content.DAMAGED;
      }
    }
    return all;
  }

  private static String digestOfFile(SafetensorsHeader shard) {
    return FileIo.reading(
        shard.file(),
        () -> {
          MessageDigest digest = SafetensorsHeader.digestOf(shard.tensors(), shard.metadata());
          ByteBuffer piece = ByteBuffer.allocate(READ_BYTES);
          try (FileChannel channel = FileChannel.open(shard.file())) {
            channel.position(shard.dataStart());
            while (channel.read(piece.clear()) >= 0) {
              digest.update(piece.flip());
            }
          }
          return HexFormat.of().formatHex(digest.digest());
        });
  }

  @Override
  public synchronized void close() {
    store.close();
    handedOut.clear();
    mapped.clear();
  }
}
