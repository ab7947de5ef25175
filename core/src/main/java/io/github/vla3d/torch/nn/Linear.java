package io.github.vla3d.torch.nn;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * y = x weight^T + bias. Parameters: weight [out, in], bias [out]; first values as PyTorch's, if
 * none are given.
 */
public final class Linear extends Module {
  private final Parameter weight;
  private final @Nullable Parameter bias;
  private @Nullable LowRank beside;

  public Linear(long in, long out, boolean bias) {
    this.weight = parameter("weight", Initialiser.fanIn(in), out, in);
    this.bias = bias ? parameter("bias", Initialiser.fanIn(in), out) : null;
  }

  /** With a bias and other first values than PyTorch's. */
  public Linear(long in, long out, Initialiser weight, Initialiser bias) {
    this.weight = parameter("weight", weight, out, in);
    this.bias = parameter("bias", bias, out);
  }

  /** With a bias. */
  public Linear(long in, long out) {
    this(in, out, true);
  }

  /** x [.., in]: [.., out]. */
  public Tensor apply(Tensor x) {
    return Scope.tensor(
        () -> {
          DType dtype = x.dtype();
          Tensor y = Functional.linear(x, weight.as(dtype), bias == null ? null : bias.as(dtype));
          LowRank more = beside;
          return more == null ? y : y.add(more.apply(x));
        });
  }

  /**
   * Adds something to the map from now on, which stays its maker's; null takes it away. Code that
   * reads {@link #weight} by itself does not see it.
   */
  public void beside(@Nullable LowRank more) {
    beside = more;
  }

  public Parameter weight() {
    return weight;
  }

  /** Null if it has none. */
  public @Nullable Parameter bias() {
    return bias;
  }
}
