package io.github.vla3d.torch.io;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Store;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.TensorSpec;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.Weights;
import io.github.vla3d.torch.io.StatePickle.Storage;
import io.github.vla3d.torch.io.StatePickle.View;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;

/**
 * The tensors of a {@code .pth} or {@code .pt} file of {@code torch.save}. Nested dicts and lists
 * become names with dots: {@code {'net_state_dict': {'fc.weight': t}}} holds {@code
 * net_state_dict.fc.weight}. Values are read when they are asked for, and checked against the
 * archive's check sums. May be used by several threads.
 *
 * <p>Nothing in the file is executed. The pickle in it goes through a reader of our own that knows
 * tensors and containers only: safer and no longer than to guard a general library, whose registry
 * of constructors belongs to the whole process and which allocates by lengths that it finds in the
 * file.
 */
public final class PthFile implements Weights {
  private static final int PIECE_BYTES = 1 << 22;

  /** 20 times the pickle of a model with 10,000 tensors. */
  private static final long MAX_PICKLE = 16 << 20;

  /** A tensor and the entry of the archive with its storage. */
  private record Place(View view, ZipEntry entry) {}

  private final Path file;
  private final StrictZip zip;
  private final Map<String, Place> places = new LinkedHashMap<>();
  private final Map<String, TensorSpec> specs = new LinkedHashMap<>();
  private final Store store = new Store();
  private final Map<String, Tensor> loaded = new HashMap<>();
  private final Map<String, Tensor> handedOut = new HashMap<>();

  private PthFile(Path file, StrictZip zip, String prefix) throws IOException {
    this.file = file;
    this.zip = zip;
    String root = root();
    if (zip.entries().containsKey(root + "byteorder")) {
      String order = new String(bytes(root + "byteorder", 16), StandardCharsets.US_ASCII);
      if (!order.equals("little")) {
        throw new TorchException("wanted little-endian values, got '" + order + "'");
      }
    }
    Map<String, View> views = StatePickle.tensors(bytes(root + "data.pkl", MAX_PICKLE));
    Map<String, Storage> storages = new HashMap<>();
    long total = 0;
    for (Map.Entry<String, View> e : underPrefix(views, prefix).entrySet()) {
      Storage storage = e.getValue().storage();
      ZipEntry entry = entry(root + "data/" + storage.key());
      int width = storage.dtype().bytes();
      if (entry.getSize() % width != 0 || entry.getSize() / width != storage.numel()) {
        throw new TorchException(
            "'%s': wanted %d elements of %s, got %d bytes"
                .formatted(e.getKey(), storage.numel(), storage.dtype(), entry.getSize()));
      }
      Storage other = storages.put(storage.key(), storage);
      if (other == null) {
        total += entry.getSize();
      } else if (!other.equals(storage)) {
        throw new TorchException("storage '" + storage.key() + "' has two types or lengths");
      }
      places.put(e.getKey(), new Place(e.getValue(), entry));
      specs.put(e.getKey(), e.getValue().spec());
    }
    // Entries that lie over each other could ask for more memory than the file is long.
    if (total > Files.size(file)) {
      throw new TorchException("wanted values within the file, got " + total + " bytes of them");
    }
  }

  /** Opens a file with all tensors in it. */
  public static PthFile open(Path file) {
    return open(file, "");
  }

  /**
   * Opens a file with the tensors under one name, as {@code net_state_dict}, which their own names
   * then do not have.
   *
   * @param prefix without the dot that follows; empty for all tensors
   * @throws TorchException if the file is damaged, or holds anything but tensors, containers,
   *     numbers and texts
   */
  public static PthFile open(Path file, String prefix) {
    return FileIo.reading(
        file,
        () -> {
          checkKind(file);
          StrictZip zip = new StrictZip(file);
          try {
            return new PthFile(file, zip, prefix);
          } catch (RuntimeException | IOException e) {
            zip.close();
            throw e;
          }
        });
  }

  private static void checkKind(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] start = in.readNBytes(4);
      if (start.length < 4 || start[0] != 'P' || start[1] != 'K') {
        throw new TorchException(
            "wanted a zip archive as torch.save writes it since PyTorch 1.6, got something else;"
                + " a legacy file becomes one by torch.load and torch.save");
      }
    }
  }

  private String root() {
    List<String> pickles =
        zip.entries().keySet().stream().filter(name -> name.matches("[^/]+/data\\.pkl")).toList();
    if (pickles.size() != 1) {
      throw new TorchException("wanted one data.pkl in the archive, got " + pickles.size());
    }
    return pickles.get(0).substring(0, pickles.get(0).length() - "data.pkl".length());
  }

  /** Entries are stored as they are: what cannot be compressed cannot explode. */
  private ZipEntry entry(String name) {
    ZipEntry entry = zip.entries().get(name);
    if (entry == null) {
      throw new TorchException("no '" + name + "' in the archive");
    }
    if (entry.getMethod() != ZipEntry.STORED || entry.getSize() != entry.getCompressedSize()) {
      throw new TorchException("'" + name + "': wanted it uncompressed, as torch.save writes it");
    }
    return entry;
  }

  private byte[] bytes(String name, long max) throws IOException {
    ZipEntry entry = entry(name);
    if (entry.getSize() > max) {
      throw new TorchException(
          "'" + name + "': wanted at most " + max + " bytes, got " + entry.getSize());
    }
    return zip.read(entry, in -> in.readNBytes((int) entry.getSize()));
  }

  private static Map<String, View> underPrefix(Map<String, View> all, String prefix) {
    if (prefix.isEmpty()) {
      return all;
    }
    Map<String, View> under = new LinkedHashMap<>();
    all.forEach(
        (name, view) -> {
          if (name.startsWith(prefix + ".")) {
            under.put(name.substring(prefix.length() + 1), view);
          }
        });
    if (under.isEmpty()) {
      throw new TorchException("no tensor under '" + prefix + "'");
    }
    return under;
  }

  @Override
  public String source() {
    return file.toString();
  }

  @Override
  public Map<String, TensorSpec> specs() {
    return Collections.unmodifiableMap(specs);
  }

  /** Tensors that shared memory when they were saved share it again. */
  @Override
  public synchronized Tensor get(String name) {
    Tensor known = handedOut.get(name);
    if (known != null) {
      return known;
    }
    Place place = places.get(name);
    if (place == null) {
      throw new TorchException(
          file + ": no tensor '" + name + "'" + StrictMatch.suggestion(name, specs.keySet()));
    }
    return FileIo.reading(
        file,
        () ->
            Scope.call(
                scope -> {
                  Tensor tensor = store.put(read(place));
                  handedOut.put(name, tensor);
                  return tensor;
                }));
  }

  private Tensor read(Place place) {
    View view = place.view();
    long[] shape = longs(view.spec().shape());
    return view.spec().numel() == 0
        ? Tensors.empty(view.spec().dtype(), Device.CPU, shape)
        : storage(view.storage().key(), place.entry())
            .viewAs(view.spec().dtype())
            .asStrided(shape, longs(view.strides()), view.offset());
  }

  private static long[] longs(List<Long> values) {
    return values.stream().mapToLong(Long::longValue).toArray();
  }

  /** U8: the bytes of a storage. */
  private Tensor storage(String key, ZipEntry entry) {
    Tensor known = loaded.get(key);
    if (known != null) {
      return known;
    }
    try {
      Tensor whole = store.put(zip.read(entry, in -> copy(in, entry.getSize())));
      loaded.put(key, whole);
      return whole;
    } catch (IOException e) {
      throw new TorchException("'" + entry.getName() + "': " + e.getMessage(), e);
    }
  }

  private static Tensor copy(InputStream in, long size) throws IOException {
    Tensor whole = Tensors.empty(DType.U8, Device.CPU, size);
    for (long at = 0; at < size; at += PIECE_BYTES) {
      int n = (int) Math.min(PIECE_BYTES, size - at);
      byte[] piece = in.readNBytes(n);
      if (piece.length < n) {
        throw new EOFException("ends after " + (at + piece.length) + " of " + size + " bytes");
      }
      long from = at;
      Scope.run(
          () ->
              whole
                  .narrow(0, from, piece.length)
                  .copy_(Tensors.of(DType.U8, ByteBuffer.wrap(piece), piece.length)));
    }
    return whole;
  }

  @Override
  public synchronized void close() {
    store.close();
    loaded.clear();
    handedOut.clear();
    FileIo.reading(
        file,
        () -> {
          zip.close();
          return true;
        });
  }
}
