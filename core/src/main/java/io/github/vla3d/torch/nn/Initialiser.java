package io.github.vla3d.torch.nn;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;

/** First values of a parameter. */
@FunctionalInterface
public interface Initialiser {
  /** F32 values of the shape, on the CPU. */
  Tensor values(Generator generator, long... shape);

  static Initialiser constant(double value) {
    return (generator, shape) -> Tensors.zeros(shape).fill_(value);
  }

  /** Uniform in [-bound, bound). */
  static Initialiser uniform(double bound) {
    return (generator, shape) -> generator.rand(DType.F32, shape).mul(2 * bound).sub(bound);
  }

  static Initialiser normal(double deviation) {
    return (generator, shape) -> generator.randn(DType.F32, shape).mul(deviation);
  }

  /**
   * PyTorch's default for weights and biases of linear and convolution layers: uniform within 1 /
   * sqrt(fanIn).
   */
  static Initialiser fanIn(long fanIn) {
    return uniform(fanIn == 0 ? 0 : 1 / Math.sqrt(fanIn));
  }
}
