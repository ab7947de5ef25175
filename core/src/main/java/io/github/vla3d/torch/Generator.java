package io.github.vla3d.torch;

import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/**
 * A source of random numbers on the CPU (Mersenne Twister, the numbers of PyTorch's CPU generator).
 * There is no hidden global one: whoever draws names it, and its {@link #state} goes into the
 * training checkpoint.
 */
public final class Generator implements AutoCloseable {
  static {
    Torch.start();
  }

  private final org.bytedeco.pytorch.Generator raw;

  public Generator(long seed) {
    // Made outside any scope on purpose: it lives until close.
    raw = TorchException.guard(() -> torch.make_generator_cpu(seed));
    raw.retainReference();
  }

  /** Uniform in [0, 1). */
  public Tensor rand(DType dtype, long... shape) {
    return Tensor.op(() -> torch.rand(shape, optional(), new TensorOptions(dtype.raw)));
  }

  /** Standard normal. */
  public Tensor randn(DType dtype, long... shape) {
    return Tensor.op(() -> torch.randn(shape, optional(), new TensorOptions(dtype.raw)));
  }

  /** I64, uniform in [low, high). */
  public Tensor randint(long low, long high, long... shape) {
    return Tensor.op(
        () -> torch.randint(low, high, shape, optional(), new TensorOptions(DType.I64.raw)));
  }

  /** I64: 0 ... n - 1 in random order. */
  public Tensor randperm(long n) {
    return Tensor.op(() -> torch.randperm(n, optional(), new TensorOptions(DType.I64.raw)));
  }

  /** 1 with the probability that stands in the tensor, else 0. */
  public Tensor bernoulli(Tensor probability) {
    return Tensor.op(() -> torch.bernoulli(probability.raw(), optional()));
  }

  private GeneratorOptional optional() {
    return new GeneratorOptional(raw);
  }

  /** U8: all that determines the numbers to come. */
  public Tensor state() {
    return Tensor.op(() -> raw.get_state());
  }

  /**
   * Goes on from a saved state.
   *
   * @throws TorchException if these are not the bytes of a state
   */
  public void state(Tensor state) {
    TorchException.guard(
        () -> {
          raw.set_state(state.raw());
          return Boolean.TRUE;
        });
  }

  @Override
  public void close() {
    raw.releaseReference();
  }
}
