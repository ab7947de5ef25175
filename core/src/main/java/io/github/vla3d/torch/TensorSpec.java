package io.github.vla3d.torch;

import java.util.Arrays;
import java.util.List;

/** Element type and shape of a tensor that need not be in memory. */
public record TensorSpec(DType dtype, List<Long> shape) {
  public TensorSpec {
    shape = List.copyOf(shape);
  }

  public static TensorSpec of(DType dtype, long... shape) {
    return new TensorSpec(dtype, Arrays.stream(shape).boxed().toList());
  }

  public static TensorSpec of(Tensor tensor) {
    return of(tensor.dtype(), tensor.shape());
  }

  /** Number of elements. */
  public long numel() {
    long n = 1;
    for (long size : shape) {
      n = Math.multiplyExact(n, size);
    }
    return n;
  }

  @Override
  public String toString() {
    return dtype + shape.toString();
  }
}
