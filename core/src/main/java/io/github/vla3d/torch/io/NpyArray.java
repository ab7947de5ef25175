package io.github.vla3d.torch.io;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.TensorSpec;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.TorchException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * An array of a {@code .npy} file in the Java heap. Nothing of the engine starts until {@link
 * #toTensor}.
 *
 * @param values little-endian, in row-major order, read-only
 */
public record NpyArray(TensorSpec spec, ByteBuffer values) {
  public NpyArray {
    if (values.remaining() != spec.numel() * spec.dtype().bytes()) {
      throw new TorchException(
          "array: wanted "
              + spec.numel() * spec.dtype().bytes()
              + " bytes for "
              + spec
              + ", got "
              + values.remaining());
    }
    values = values.slice().asReadOnlyBuffer();
  }

  public static NpyArray of(float[] values, long... shape) {
    ByteBuffer bytes = buffer(values.length, 4);
    bytes.asFloatBuffer().put(values);
    return new NpyArray(TensorSpec.of(DType.F32, shape), bytes);
  }

  public static NpyArray of(double[] values, long... shape) {
    ByteBuffer bytes = buffer(values.length, 8);
    bytes.asDoubleBuffer().put(values);
    return new NpyArray(TensorSpec.of(DType.F64, shape), bytes);
  }

  public static NpyArray of(long[] values, long... shape) {
    ByteBuffer bytes = buffer(values.length, 8);
    bytes.asLongBuffer().put(values);
    return new NpyArray(TensorSpec.of(DType.I64, shape), bytes);
  }

  public static NpyArray of(byte[] values, long... shape) {
    return new NpyArray(TensorSpec.of(DType.U8, shape), ByteBuffer.wrap(values.clone()));
  }

  /**
   * Copies a tensor.
   *
   * @throws TorchException if it has 2 GiB or more
   */
  public static NpyArray of(Tensor tensor) {
    return new NpyArray(TensorSpec.of(tensor), ByteBuffer.wrap(tensor.toBytes()));
  }

  private static ByteBuffer buffer(int n, int size) {
    return ByteBuffer.allocate(Math.multiplyExact(n, size)).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public ByteBuffer values() {
    return values.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** A copy as a tensor on the CPU, in the innermost scope. */
  public Tensor toTensor() {
    return Tensors.of(
        spec.dtype(), values(), spec.shape().stream().mapToLong(Long::longValue).toArray());
  }

  private int numel() {
    return values.remaining() / spec.dtype().bytes();
  }

  /** The values in row-major order, converted. */
  public float[] toFloats() {
    float[] result = new float[numel()];
    if (spec.dtype() == DType.F32) {
      values().asFloatBuffer().get(result);
      return result;
    }
    ByteBuffer bytes = values();
    for (int i = 0; i < result.length; i++) {
      result[i] = (float) element(bytes);
    }
    return result;
  }

  /** The values in row-major order, converted; above 2^53 whole numbers are rounded. */
  public double[] toDoubles() {
    double[] result = new double[numel()];
    ByteBuffer bytes = values();
    for (int i = 0; i < result.length; i++) {
      result[i] = element(bytes);
    }
    return result;
  }

  /**
   * The values in row-major order; true is 1.
   *
   * @throws TorchException if they are not whole numbers by their type
   */
  public long[] toLongs() {
    if (spec.dtype().isFloating()) {
      throw new TorchException("array: wanted whole numbers, got " + spec);
    }
    long[] result = new long[numel()];
    ByteBuffer bytes = values();
    for (int i = 0; i < result.length; i++) {
      result[i] = whole(bytes);
    }
    return result;
  }

  private double element(ByteBuffer bytes) {
    return switch (spec.dtype()) {
      case F64 -> bytes.getDouble();
      case F32 -> bytes.getFloat();
      case BF16 -> Float.intBitsToFloat(bytes.getShort() << 16);
      case F16 -> half(bytes.getShort());
      default -> whole(bytes);
    };
  }

  private long whole(ByteBuffer bytes) {
    return switch (spec.dtype()) {
      case I64 -> bytes.getLong();
      case I32 -> bytes.getInt();
      case I16 -> bytes.getShort();
      case I8 -> bytes.get();
      default -> bytes.get() & 0xff;
    };
  }

  /** IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits. */
  private static double half(short bits) {
    int exponent = bits >> 10 & 0x1f;
    int fraction = bits & 0x3ff;
    double magnitude =
        switch (exponent) {
          case 0 -> Math.scalb((double) fraction, -24);
          case 0x1f -> fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
          default -> Math.scalb((double) (fraction | 0x400), exponent - 25);
        };
    return bits < 0 ? -magnitude : magnitude;
  }
}
