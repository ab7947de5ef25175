package io.github.vla3d.torch.nn;

import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.PackedWeight;
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
  private volatile @Nullable PackedWeight packed;

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
    return Scope.tensor(() -> with(x, mapped(x)));
  }

  /** {@link #apply(Tensor)} and an activation, in one pass where the engine can. */
  public Tensor apply(Tensor x, Activation activation) {
    if (activation != Activation.GELU_TANH || beside != null) {
      return Scope.tensor(() -> activation.apply(apply(x)));
    }
    return Scope.tensor(() -> Functional.linearGeluTanh(x, weight.as(x.dtype()), biasAs(x)));
  }

  private Tensor mapped(Tensor x) {
    Tensor w = weight.as(x.dtype());
    Tensor b = biasAs(x);
    PackedWeight known = packed;
    return known != null && !weight.isTrainable() && known.fits(x, w, b)
        ? known.apply(x, b)
        : Functional.linear(x, w, b);
  }

  private @Nullable Tensor biasAs(Tensor x) {
    return bias == null ? null : bias.as(x.dtype());
  }

  private Tensor with(Tensor x, Tensor y) {
    LowRank more = beside;
    return more == null ? y : y.add(more.apply(x));
  }

  /**
   * Keeps a copy of the weight in the order in which the processor reads it, for inputs of exactly
   * so many rows: small products spend most of their time on that order otherwise. The copy is as
   * large as the weight and stays until the module is closed. Does nothing while the weight is
   * trained, or where the engine has no such order; a copy of a weight that has been changed since
   * is not used any more.
   */
  public synchronized void pack(long rows) {
    if (weight.isTrainable()) {
      return;
    }
    PackedWeight before = packed;
    if (before != null && before.isOf(weight.value(), rows)) {
      return;
    }
    packed = PackedWeight.of(weight.value(), rows, store());
    if (before != null) {
      before.free(store());
    }
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
