package io.github.vla3d.datasets.hdf5;

import io.github.vla3d.data.DataException;
import io.github.vla3d.datasets.io.Lru;
import io.jhdf.HdfFile;
import io.jhdf.api.Attribute;
import io.jhdf.api.Dataset;
import io.jhdf.api.Group;
import io.jhdf.api.Node;
import io.jhdf.api.dataset.ChunkedDataset;
import io.jhdf.api.dataset.ContiguousDataset;
import io.jhdf.filter.PipelineFilterWithData;
import io.jhdf.object.datatype.DataType;
import io.jhdf.object.datatype.FixedPoint;
import io.jhdf.object.datatype.FloatingPoint;
import io.jhdf.object.datatype.OrderedDataType;
import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * One HDF5 file. Numbers of an episode are read whole within a bound; pictures are read a frame at
 * a time as bytes, through a cache of chunks.
 *
 * <p>Chunks are unpacked here and not by the library, because the size of a chunk is known before
 * and a stream that claims to hold more ends there.
 */
public final class Hdf5 implements AutoCloseable {
  private static final long MAX_TABLE_BYTES = 256L << 20;
  private static final long MAX_CHUNK_BYTES = 64L << 20;

  /** Of the chunks that hold one row: a few may stand out over the edges of the table. */
  private static final long MAX_BAND_BYTES = 256L << 20;

  private static final long CACHE_BYTES = 48L << 20;
  private static final int DEFLATE = 1;
  private static final int SHUFFLE = 2;

  private final String name;
  private final HdfFile file;
  private final Lru<String, byte[]> chunks = new Lru<>(CACHE_BYTES, b -> b.length, b -> {});

  /**
   * @throws DataException if the file is missing or no HDF5
   */
  Hdf5(Path path) {
    this.name = path.toString();
    if (!Files.isRegularFile(path)) {
      throw new DataException(name, null, -1, "an HDF5 file", "no such file");
    }
    this.file = guarded(null, () -> new HdfFile(path));
  }

  /** The library answers damaged files with any unchecked exception, and deep ones with worse. */
  private <T> T guarded(@Nullable String path, Supplier<T> read) {
    try {
      return read.get();
    } catch (DataException e) {
      throw e;
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError | LinkageError e) {
      throw new DataException(name, path, -1, "readable HDF5", "damage: " + e, e);
    }
  }

  public String name() {
    return name;
  }

  private @Nullable Node node(String path) {
    return guarded(
        path,
        () -> {
          Node node = file;
          for (String part : path.split("/", -1)) {
            if (part.isEmpty()) {
              continue;
            }
            node = node instanceof Group group ? group.getChild(part) : null;
            if (node == null) {
              return null;
            }
          }
          return node;
        });
  }

  boolean has(String path) {
    return node(path) != null;
  }

  /** Names of the children of a group, sorted by the numbers in them. */
  public List<String> children(String path) {
    if (!(node(path) instanceof Group group)) {
      throw new DataException(name, path, -1, "a group", "none");
    }
    return guarded(
        path, () -> group.getChildren().keySet().stream().sorted(Hdf5::compare).toList());
  }

  /** demo_2 comes before demo_10. */
  private static int compare(String a, String b) {
    String x = a.replaceAll("\\D", "");
    String y = b.replaceAll("\\D", "");
    if (x.isEmpty() || y.isEmpty() || x.length() > 18 || y.length() > 18) {
      return a.compareTo(b);
    }
    int order = Long.compare(Long.parseLong(x), Long.parseLong(y));
    return order == 0 ? a.compareTo(b) : order;
  }

  /** An attribute as text, or null where there is none. */
  public @Nullable String text(String path, String attribute) {
    Object value = attribute(path, attribute);
    return value == null ? null : value.toString();
  }

  /** An attribute as a number, or NaN where there is none. */
  double number(String path, String attribute) {
    Object value = attribute(path, attribute);
    if (value == null) {
      return Double.NaN;
    }
    if (value instanceof Number number) {
      return number.doubleValue();
    }
    throw new DataException(name, path + "@" + attribute, -1, "a number", value.toString());
  }

  private @Nullable Object attribute(String path, String attribute) {
    Node node = node(path);
    if (node == null) {
      return null;
    }
    return guarded(
        path + "@" + attribute,
        () -> {
          Attribute found = node.getAttribute(attribute);
          // A thousand texts may all be the same large one.
          if (found != null && product(found.getDimensionsAsLong()) != 1) {
            throw new DataException(
                name,
                path + "@" + attribute,
                -1,
                "one value",
                "many: " + Arrays.toString(found.getDimensionsAsLong()));
          }
          Object value = found == null ? null : found.getData();
          return value instanceof String[] one && one.length == 1 ? one[0] : value;
        });
  }

  /** Sizes of a data set. */
  public long[] shape(String path) {
    Dataset dataset = dataset(path);
    return guarded(path, dataset::getDimensionsAsLong);
  }

  private Dataset dataset(String path) {
    if (node(path) instanceof Dataset dataset) {
      return dataset;
    }
    throw new DataException(name, path, -1, "a data set", "none");
  }

  /**
   * A table of finite numbers, flattened row-major.
   *
   * @param shape wanted; -1 for any size
   */
  public double[] numbers(String path, long... shape) {
    Dataset dataset = dataset(path);
    checkShape(path, dataset, shape);
    return guarded(
        path,
        () -> {
          long[] dims = dataset.getDimensionsAsLong();
          long count = product(dims);
          // What becomes of it in memory, where every number takes eight bytes.
          long bytes = count > MAX_TABLE_BYTES ? count : Double.BYTES * count;
          if (bytes > MAX_TABLE_BYTES) {
            throw new DataException(
                name, path, -1, "at most " + MAX_TABLE_BYTES + " bytes", Arrays.toString(dims));
          }
          DataType type = dataset.getDataType();
          if (!(type instanceof FixedPoint) && !(type instanceof FloatingPoint)) {
            throw new DataException(name, path, -1, "numbers", type.getClass().getSimpleName());
          }
          double[] numbers =
              dataset instanceof ChunkedDataset chunked
                  ? unpacked(path, chunked, dims, (int) count)
                  : flat(dataset, (int) count);
          for (int i = 0; i < numbers.length; i++) {
            if (!Double.isFinite(numbers[i])) {
              throw new DataException(
                  name, path, i / (count / dims[0]), "finite numbers", "" + numbers[i]);
            }
          }
          return numbers;
        });
  }

  /** Number of elements, or an error that bounds it. */
  private static long product(long[] dims) {
    long product = 1;
    for (long side : dims) {
      product = Math.multiplyExact(product, side);
    }
    return product;
  }

  private static double[] flat(Dataset dataset, int count) {
    Object flat = dataset.getDataFlat();
    double[] numbers = new double[count];
    for (int i = 0; i < count; i++) {
      numbers[i] =
          flat.getClass().isArray() ? Array.getDouble(flat, i) : ((Number) flat).doubleValue();
    }
    return numbers;
  }

  /** All rows of a table in chunks. */
  private double[] unpacked(String path, ChunkedDataset dataset, long[] dims, int count) {
    DataType type = dataset.getDataType();
    int size = type.getSize();
    long bands = (dims[0] - 1) / dataset.getChunkDimensions()[0] + 1;
    boundChunks(path, dataset, bands);
    int rowElements = (int) (count / dims[0]);
    byte[] row = new byte[Math.multiplyExact(rowElements, size)];
    ByteBuffer stored =
        ByteBuffer.wrap(row)
            .order(
                type instanceof OrderedDataType ordered
                    ? ordered.getByteOrder()
                    : ByteOrder.LITTLE_ENDIAN);
    double[] numbers = new double[count];
    for (int r = 0; r < dims[0]; r++) {
      gather(path, dataset, r, dims, size, row);
      for (int i = 0; i < rowElements; i++) {
        numbers[r * rowElements + i] = number(path, stored, i * size, type);
      }
    }
    return numbers;
  }

  private double number(String path, ByteBuffer stored, int at, DataType type) {
    if (type instanceof FixedPoint integer) {
      boolean signed = integer.isSigned();
      switch (type.getSize()) {
        case 1:
          return signed ? stored.get(at) : stored.get(at) & 0xff;
        case 2:
          return signed ? stored.getShort(at) : stored.getShort(at) & 0xffff;
        case 4:
          return signed ? stored.getInt(at) : stored.getInt(at) & 0xffffffffL;
        case 8:
          if (signed || stored.getLong(at) >= 0) {
            return stored.getLong(at);
          }
          break;
        default:
          break;
      }
    } else if (type.getSize() == Float.BYTES) {
      return stored.getFloat(at);
    } else if (type.getSize() == Double.BYTES) {
      return stored.getDouble(at);
    }
    throw new DataException(
        name, path, -1, "integers of 1, 2, 4 or 8 bytes, or floats of 4 or 8", type.toString());
  }

  /** A text or list of texts. */
  public String[] texts(String path) {
    Dataset dataset = dataset(path);
    return guarded(
        path,
        () -> {
          long bytes =
              Math.multiplyExact(
                  product(dataset.getDimensionsAsLong()), (long) dataset.getDataType().getSize());
          if (bytes > MAX_TABLE_BYTES) {
            throw new DataException(name, path, -1, "a short text", bytes + " bytes");
          }
          // The library would unpack them without a bound.
          if (dataset instanceof ChunkedDataset chunked && !chunked.getFilters().isEmpty()) {
            throw new DataException(name, path, -1, "a text that is not packed", "a packed one");
          }
          Object data = dataset.getData();
          if (data instanceof String[] many && many.length > 0) {
            return many;
          }
          if (data instanceof String one) {
            return new String[] {one};
          }
          throw new DataException(name, path, -1, "texts", data.getClass().getSimpleName());
        });
  }

  private void checkShape(String path, Dataset dataset, long... wanted) {
    long[] got = guarded(path, dataset::getDimensionsAsLong);
    boolean fits = got.length == wanted.length;
    for (int i = 0; fits && i < got.length; i++) {
      fits = (wanted[i] < 0 || got[i] == wanted[i]) && got[i] > 0;
    }
    if (!fits) {
      throw new DataException(
          name,
          path,
          -1,
          "shape " + Arrays.toString(wanted).replace("-1", "any"),
          Arrays.toString(got));
    }
  }

  /**
   * The stored bytes of one frame (one index of the first axis), little-endian.
   *
   * @param bytes a frame must have, which bounds what a file can ask for
   */
  public ByteBuffer frame(String path, int frame, long bytes) {
    Dataset dataset = dataset(path);
    return guarded(
        path,
        () -> {
          int size = dataset.getDataType().getSize();
          long[] dims = dataset.getDimensionsAsLong();
          long frameBytes = size;
          for (int d = 1; d < dims.length; d++) {
            frameBytes = Math.multiplyExact(frameBytes, dims[d]);
          }
          if (frameBytes != bytes || frame >= dims[0]) {
            throw new DataException(
                name, path, frame, bytes + " bytes a frame", frameBytes + " in " + dims[0]);
          }
          byte[] target = new byte[(int) bytes];
          if (dataset instanceof ContiguousDataset contiguous) {
            ByteBuffer all = contiguous.getBuffer();
            long from = Math.multiplyExact(bytes, (long) frame);
            if (from + bytes > all.limit()) {
              throw new DataException(
                  name, path, frame, "the bytes of the frame", "the end of file");
            }
            all.duplicate().position((int) from).get(target);
          } else if (dataset instanceof ChunkedDataset chunked) {
            boundChunks(path, chunked, 1);
            gather(path, chunked, frame, dims, size, target);
          } else {
            throw new DataException(
                name,
                path,
                frame,
                "a contiguous or chunked layout",
                dataset.getDataLayout().name());
          }
          return ByteBuffer.wrap(target).order(ByteOrder.LITTLE_ENDIAN);
        });
  }

  /**
   * Refuses chunks that are large, or that hold far more than the table does: what is unpacked
   * would have no bound.
   *
   * @param bands how many rows of chunks will be read
   */
  private void boundChunks(String path, ChunkedDataset dataset, long bands) {
    int[] chunk = dataset.getChunkDimensions();
    long[] dims = dataset.getDimensionsAsLong();
    long bytes = dataset.getDataType().getSize();
    if (chunk.length != dims.length || Arrays.stream(chunk).anyMatch(side -> side < 1)) {
      throw new DataException(
          name, path, -1, "chunks of " + dims.length + " sides above 0", Arrays.toString(chunk));
    }
    long band = 1;
    for (int d = 0; d < chunk.length; d++) {
      bytes = Math.multiplyExact(bytes, (long) chunk[d]);
      band = Math.multiplyExact(band, d == 0 ? 1 : (dims[d] - 1) / chunk[d] + 1);
    }
    if (bytes > MAX_CHUNK_BYTES) {
      throw new DataException(
          name, path, -1, "chunks of at most " + MAX_CHUNK_BYTES + " bytes", "" + bytes);
    }
    long all = Math.multiplyExact(Math.multiplyExact(band, bytes), bands);
    if (all > MAX_BAND_BYTES) {
      throw new DataException(
          name, path, -1, "at most " + MAX_BAND_BYTES + " bytes in its chunks", "" + all);
    }
  }

  /** Copies one frame out of all chunks that hold a part of it. */
  private void gather(
      String path, ChunkedDataset dataset, int frame, long[] dims, int size, byte[] target) {
    int[] chunk = dataset.getChunkDimensions();
    int rank = dims.length;
    int[] origin = new int[rank];
    origin[0] = frame / chunk[0] * chunk[0];
    while (true) {
      byte[] bytes = chunk(path, dataset, origin, chunk, size);
      copy(bytes, origin, chunk, frame, dims, size, target);
      int axis = rank - 1;
      while (axis > 0 && origin[axis] + chunk[axis] >= dims[axis]) {
        origin[axis--] = 0;
      }
      if (axis == 0) {
        return;
      }
      origin[axis] += chunk[axis];
    }
  }

  private static void copy(
      byte[] bytes, int[] origin, int[] chunk, int frame, long[] dims, int size, byte[] target) {
    int rank = dims.length;
    int[] at = new int[rank];
    at[0] = frame - origin[0];
    int run = (int) Math.min(chunk[rank - 1], dims[rank - 1] - origin[rank - 1]) * size;
    if (rank == 1) {
      System.arraycopy(bytes, at[0] * size, target, 0, size);
      return;
    }
    while (true) {
      long from = at[0];
      long to = 0;
      for (int d = 1; d < rank; d++) {
        from = from * chunk[d] + at[d];
        to = to * dims[d] + origin[d] + at[d];
      }
      System.arraycopy(bytes, (int) from * size, target, (int) to * size, run);
      int axis = rank - 2;
      while (axis > 0) {
        at[axis]++;
        if (at[axis] < chunk[axis] && origin[axis] + at[axis] < dims[axis]) {
          break;
        }
        at[axis--] = 0;
      }
      if (axis <= 0) {
        return;
      }
    }
  }

  private byte[] chunk(String path, ChunkedDataset dataset, int[] origin, int[] chunk, int size) {
    return chunks.get(
        path + Arrays.toString(origin),
        () -> {
          int bytes = size;
          for (int side : chunk) {
            bytes *= side;
          }
          List<PipelineFilterWithData> filters = new ArrayList<>(dataset.getFilters());
          ByteBuffer raw = dataset.getRawChunkBuffer(origin);
          // Deflate makes what cannot be packed a little longer, and no more.
          if (raw.remaining() > 64 + bytes + bytes / 64) {
            throw new DataException(
                name, path, -1, "chunks of " + bytes + " bytes", raw.remaining() + " stored");
          }
          byte[] data = new byte[raw.remaining()];
          raw.get(data);
          for (int f = filters.size() - 1; f >= 0; f--) {
            data =
                switch (filters.get(f).getId()) {
                  case DEFLATE -> inflate(path, data, bytes);
                  case SHUFFLE -> unshuffle(data, size);
                  default ->
                      throw new DataException(
                          name,
                          path,
                          -1,
                          "no filter, deflate or shuffle",
                          filters.get(f).getName());
                };
          }
          if (data.length != bytes) {
            throw new DataException(
                name, path, -1, "chunks of " + bytes + " bytes", "" + data.length);
          }
          return data;
        });
  }

  private byte[] inflate(String path, byte[] packed, int bytes) {
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(packed);
      byte[] data = new byte[bytes];
      int got = 0;
      while (got < bytes) {
        int more = inflater.inflate(data, got, bytes - got);
        if (more == 0) {
          throw new DataException(name, path, -1, "chunks of " + bytes + " bytes", "" + got);
        }
        got += more;
      }
      if (inflater.inflate(new byte[1]) != 0) {
        throw new DataException(name, path, -1, "chunks of " + bytes + " bytes", "larger ones");
      }
      return data;
    } catch (DataFormatException e) {
      throw new DataException(name, path, -1, "deflated chunks", "damage: " + e.getMessage(), e);
    } finally {
      inflater.end();
    }
  }

  private static byte[] unshuffle(byte[] shuffled, int size) {
    int count = shuffled.length / size;
    byte[] data = new byte[shuffled.length];
    for (int b = 0, from = 0; b < size; b++) {
      for (int i = 0; i < count; i++) {
        data[i * size + b] = shuffled[from++];
      }
    }
    System.arraycopy(shuffled, count * size, data, count * size, shuffled.length - count * size);
    return data;
  }

  /** Whether numbers are stored as floats; otherwise they are integers. */
  boolean isFloat(String path) {
    Dataset dataset = dataset(path);
    return guarded(path, () -> dataset.getDataType() instanceof FloatingPoint);
  }

  /** Bytes of one stored element. */
  int elementSize(String path) {
    Dataset dataset = dataset(path);
    return guarded(path, () -> dataset.getDataType().getSize());
  }

  @Override
  public void close() {
    chunks.clear();
    file.close();
  }
}
