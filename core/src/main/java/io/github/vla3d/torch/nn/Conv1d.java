package io.github.vla3d.torch.nn;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Convolution over one dimension. Parameters: weight [out, in / groups, kernel], bias [out]; first
 * values as PyTorch's.
 */
public final class Conv1d extends Module {
  private final Convolution settings;
  private final Parameter weight;
  private final @Nullable Parameter bias;

  public Conv1d(long in, long out, long kernel, Convolution settings) {
    settings.check(in, out);
    this.settings = settings;
    long part = in / settings.groups();
    Initialiser first = Initialiser.fanIn(part * kernel);
    this.weight = parameter("weight", first, out, part, kernel);
    this.bias = settings.bias() ? parameter("bias", first, out) : null;
  }

  /** x [B, in, n]: [B, out, (n + 2 padding - kernel) / stride + 1]. */
  public Tensor apply(Tensor x) {
    return Scope.tensor(
        () -> {
          DType dtype = x.dtype();
          return Functional.conv1d(
              x,
              weight.as(dtype),
              bias == null ? null : bias.as(dtype),
              settings.stride(),
              settings.padding(),
              settings.groups());
        });
  }
}
