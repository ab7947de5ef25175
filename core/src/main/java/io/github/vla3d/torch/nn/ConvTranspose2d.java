package io.github.vla3d.torch.nn;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Transposed convolution over rows and columns. Parameters: weight [in, out, kernel, kernel], bias
 * [out]; first values as PyTorch's.
 */
public final class ConvTranspose2d extends Module {
  private final Convolution settings;
  private final Parameter weight;
  private final @Nullable Parameter bias;

  /**
   * @param settings with one group
   */
  public ConvTranspose2d(long in, long out, long kernel, Convolution settings) {
    if (settings.groups() != 1) {
      throw new IllegalArgumentException(
          "transposed convolution: wanted one group, got " + settings.groups());
    }
    this.settings = settings;
    Initialiser first = Initialiser.fanIn(out * kernel * kernel);
    this.weight = parameter("weight", first, in, out, kernel, kernel);
    this.bias = settings.bias() ? parameter("bias", first, out) : null;
  }

  /** x [B, in, h, w]: [B, out, (h - 1) stride - 2 padding + kernel, likewise w]. */
  public Tensor apply(Tensor x) {
    return Scope.tensor(
        () -> {
          DType dtype = x.dtype();
          return Functional.convTranspose2d(
              x,
              weight.as(dtype),
              bias == null ? null : bias.as(dtype),
              settings.stride(),
              settings.padding());
        });
  }
}
