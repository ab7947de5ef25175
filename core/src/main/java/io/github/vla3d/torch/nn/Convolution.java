package io.github.vla3d.torch.nn;

/**
 * Settings of a convolution, the same along all its dimensions.
 *
 * @param stride steps of the kernel, >= 1
 * @param padding zeros on every side, >= 0
 * @param groups into which input and output channels are divided, >= 1
 * @param bias whether it has one
 */
public record Convolution(long stride, long padding, long groups, boolean bias) {
  /** Stride 1, no padding, one group, with a bias. */
  public static final Convolution DEFAULT = new Convolution(1, 0, 1, true);

  public Convolution {
    if (stride < 1 || padding < 0 || groups < 1) {
      throw new IllegalArgumentException(
          "convolution: wanted stride >= 1, padding >= 0, groups >= 1, got "
              + stride
              + ", "
              + padding
              + ", "
              + groups);
    }
  }

  public Convolution withStride(long stride) {
    return new Convolution(stride, padding, groups, bias);
  }

  public Convolution withPadding(long padding) {
    return new Convolution(stride, padding, groups, bias);
  }

  public Convolution withGroups(long groups) {
    return new Convolution(stride, padding, groups, bias);
  }

  public Convolution withoutBias() {
    return new Convolution(stride, padding, groups, false);
  }

  void check(long in, long out) {
    if (in % groups != 0 || out % groups != 0) {
      throw new IllegalArgumentException(
          "convolution: wanted channels divisible by "
              + groups
              + " groups, got "
              + in
              + " and "
              + out);
    }
  }
}
