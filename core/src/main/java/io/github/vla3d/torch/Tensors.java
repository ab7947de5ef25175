package io.github.vla3d.torch;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Makes tensors, and joins them. What is made belongs to the innermost {@link Scope}. */
public final class Tensors {
  private Tensors() {}

  static TensorOptions options(DType dtype, Device device) {
    TensorOptions options = new TensorOptions(dtype.raw);
    return device.isCuda() ? options.device(new DeviceOptional(device.raw())) : options;
  }

  static TensorVector vector(List<Tensor> tensors) {
    TensorVector vector = new TensorVector();
    for (Tensor tensor : tensors) {
      vector.push_back(tensor.raw());
    }
    return vector;
  }

  public static Tensor zeros(DType dtype, Device device, long... shape) {
    return Tensor.op(() -> torch.zeros(shape, options(dtype, device)));
  }

  /** F32 on the CPU. */
  public static Tensor zeros(long... shape) {
    return zeros(DType.F32, Device.CPU, shape);
  }

  public static Tensor ones(DType dtype, Device device, long... shape) {
    return Tensor.op(() -> torch.ones(shape, options(dtype, device)));
  }

  /** F32 on the CPU. */
  public static Tensor ones(long... shape) {
    return ones(DType.F32, Device.CPU, shape);
  }

  public static Tensor full(double value, DType dtype, Device device, long... shape) {
    return Tensor.op(() -> torch.full(shape, new Scalar(value), options(dtype, device)));
  }

  /** Memory with whatever it held before. */
  public static Tensor empty(DType dtype, Device device, long... shape) {
    return Tensor.op(
        () ->
            torch.empty(
                shape, options(dtype, device), new org.bytedeco.pytorch.MemoryFormatOptional()));
  }

  /** start, start + step, ... below end: [n]. */
  public static Tensor arange(double start, double end, double step, DType dtype, Device device) {
    return Tensor.op(
        () ->
            torch.arange(
                new Scalar(start), new Scalar(end), new Scalar(step), options(dtype, device)));
  }

  /** I64 0, 1, ... n - 1 on the CPU. */
  public static Tensor arange(long n) {
    return arange(0, (double) n, 1, DType.I64, Device.CPU);
  }

  /** Evenly spaced values from start to end, both included: [steps]. */
  public static Tensor linspace(double start, double end, long steps, DType dtype, Device device) {
    return Tensor.op(
        () -> torch.linspace(new Scalar(start), new Scalar(end), steps, options(dtype, device)));
  }

  /** Identity matrix [n, n]. */
  public static Tensor eye(long n, DType dtype, Device device) {
    return Tensor.op(() -> torch.eye(n, options(dtype, device)));
  }

  /** F32 [], the value. */
  public static Tensor scalar(double value) {
    return full(value, DType.F32, Device.CPU);
  }

  /** F32 on the CPU, row-major values copied. */
  public static Tensor of(float[] values, long... shape) {
    ByteBuffer bytes = buffer(values.length, 4);
    bytes.asFloatBuffer().put(values);
    return of(DType.F32, bytes, shape);
  }

  /** F64 on the CPU, row-major values copied. */
  public static Tensor of(double[] values, long... shape) {
    ByteBuffer bytes = buffer(values.length, 8);
    bytes.asDoubleBuffer().put(values);
    return of(DType.F64, bytes, shape);
  }

  /** I64 on the CPU, row-major values copied. */
  public static Tensor of(long[] values, long... shape) {
    ByteBuffer bytes = buffer(values.length, 8);
    bytes.asLongBuffer().put(values);
    return of(DType.I64, bytes, shape);
  }

  /** I32 on the CPU, row-major values copied. */
  public static Tensor of(int[] values, long... shape) {
    ByteBuffer bytes = buffer(values.length, 4);
    bytes.asIntBuffer().put(values);
    return of(DType.I32, bytes, shape);
  }

  /** U8 on the CPU, row-major values copied. */
  public static Tensor of(byte[] values, long... shape) {
    return of(DType.U8, ByteBuffer.wrap(values), shape);
  }

  /** BOOL on the CPU, row-major values copied. */
  public static Tensor of(boolean[] values, long... shape) {
    ByteBuffer bytes = buffer(values.length, 1);
    for (int i = 0; i < values.length; i++) {
      bytes.put(i, (byte) (values[i] ? 1 : 0));
    }
    return of(DType.BOOL, bytes, shape);
  }

  /**
   * A tensor on the CPU from raw little-endian values in row-major order, copied from the buffer's
   * position to its limit.
   *
   * @throws TorchException if the number of bytes is not that of the shape
   */
  public static Tensor of(DType dtype, ByteBuffer bytes, long... shape) {
    long wanted = dtype.bytes();
    for (long size : shape) {
      wanted = Math.multiplyExact(wanted, size);
    }
    if (wanted != bytes.remaining()) {
      throw new TorchException(
          "values: wanted "
              + wanted
              + " bytes for "
              + dtype
              + java.util.Arrays.toString(shape)
              + ", got "
              + bytes.remaining());
    }
    Tensor tensor = empty(dtype, Device.CPU, shape);
    if (wanted > 0) {
      try (BytePointer target = new BytePointer(tensor.data())) {
        target.capacity(wanted);
        if (bytes.hasArray()) {
          target.put(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
        } else {
          target.asByteBuffer().put(bytes.duplicate());
        }
      }
    }
    return tensor;
  }

  private static ByteBuffer buffer(int n, int size) {
    return ByteBuffer.allocate(Math.multiplyExact(n, size)).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * U8 [size]: the first bytes of a file, mapped and not read. Writing to it changes private copies
   * of the pages, never the file.
   *
   * @throws TorchException if the file cannot be mapped
   */
  public static Tensor mapped(Path file, long size) {
    return Tensor.op(
        () ->
            torch.from_file(
                file.toString(),
                new BoolOptional(false),
                new LongOptional(size),
                new TensorOptions(DType.U8.raw)));
  }

  /** Joins tensors along a dimension that they have. */
  public static Tensor cat(int dim, List<Tensor> tensors) {
    return Tensor.op(() -> torch.cat(vector(tensors), dim));
  }

  /** Joins tensors along a dimension that they have. */
  public static Tensor cat(int dim, Tensor... tensors) {
    return cat(dim, List.of(tensors));
  }

  /** Joins tensors along a new dimension. */
  public static Tensor stack(int dim, List<Tensor> tensors) {
    return Tensor.op(() -> torch.stack(vector(tensors), dim));
  }

  /** Joins tensors along a new dimension. */
  public static Tensor stack(int dim, Tensor... tensors) {
    return stack(dim, List.of(tensors));
  }

  /** Element-wise: a where the BOOL mask is true, else b; shapes broadcast. */
  public static Tensor where(Tensor mask, Tensor a, Tensor b) {
    return Tensor.op(() -> torch.where(mask.raw(), a.raw(), b.raw()));
  }

  /** Sum of products by Einstein's convention. */
  public static Tensor einsum(String equation, Tensor... tensors) {
    return Tensor.op(() -> torch.einsum(equation, vector(List.of(tensors))));
  }
}
