package io.github.vla3d.policy.gemma;

import io.github.vla3d.policy.PolicyException;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Keys and values of tokens that later ones read.
 *
 * @param layers of every layer
 * @param valid BOOL [B, M]: which tokens may be read; null for all
 */
public record Cache(List<Layer> layers, @Nullable Tensor valid) {
  /** What is added to the logits of tokens that may not be read, as in all published code. */
  private static final double HIDDEN = -2.3819763e38;

  /**
   * @param key rotated [B, G, M, d]
   * @param value [B, G, M, d]
   */
  public record Layer(Tensor key, Tensor value) {
    Layer followedBy(Layer next) {
      return new Layer(
          Tensors.cat(2, key, next.key.to(key.dtype())),
          Tensors.cat(2, value, next.value.to(value.dtype())));
    }
  }

  public Cache {
    layers = List.copyOf(layers);
    if (layers.isEmpty()) {
      throw new PolicyException("cache: wanted layers, got none");
    }
  }

  /** M. */
  public long tokens() {
    return layers.get(0).key.size(2);
  }

  public long batch() {
    return layers.get(0).key.size(0);
  }

  Device device() {
    return layers.get(0).key.device();
  }

  /** This and another, whose tokens come behind. */
  public Cache followedBy(Cache next) {
    List<Layer> joined = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      joined.add(layers.get(i).followedBy(next.layers.get(i)));
    }
    Tensor both =
        valid == null && next.valid == null
            ? null
            : Tensors.cat(1, this.validOrOnes(), next.validOrOnes());
    return new Cache(joined, both);
  }

  /** Each sample so many times in a row, in the caller's scope. */
  public Cache repeat(long times) {
    List<Layer> repeated = new ArrayList<>();
    for (Layer layer : layers) {
      repeated.add(
          new Layer(layer.key.repeatInterleave(times, 0), layer.value.repeatInterleave(times, 0)));
    }
    return new Cache(repeated, valid == null ? null : valid.repeatInterleave(times, 0));
  }

  private Tensor validOrOnes() {
    return valid != null ? valid : Tensors.ones(DType.BOOL, device(), batch(), tokens());
  }

  /** Moves all to the enclosing scope. */
  public Cache keptBy(Scope scope) {
    layers.forEach(
        layer -> {
          scope.keep(layer.key);
          scope.keep(layer.value);
        });
    if (valid != null) {
      scope.keep(valid);
    }
    return this;
  }

  /**
   * What a block of tokens that see each other adds to its logits.
   *
   * @param past what they see besides; null for nothing
   * @param own BOOL [B, S]: which of them there are; null for all
   * @param tokens S
   * @return F32 [B, 1, S, M + S], or [B, 1, 1, M + S] if all of the block are there; null if there
   *     is nothing to hide
   */
  public static @Nullable Tensor mask(@Nullable Cache past, @Nullable Tensor own, long tokens) {
    Tensor pastValid = past == null ? null : past.valid;
    if (pastValid == null && own == null) {
      return null;
    }
    return Scope.tensor(
        () -> {
          Tensor readable = readable(past, own, tokens);
          Tensor zeros = Tensors.zeros(DType.F32, readable.device(), readable.shape());
          return zeros.maskedFill(readable.not(), HIDDEN).unsqueeze(1);
        });
  }

  /** BOOL [B, S or 1, M + S]: what {@link #mask} leaves open. */
  private static Tensor readable(@Nullable Cache past, @Nullable Tensor own, long tokens) {
    Tensor keys = own;
    if (past != null) {
      Tensor mine =
          own != null ? own : Tensors.ones(DType.BOOL, past.device(), past.batch(), tokens);
      keys = Tensors.cat(1, past.validOrOnes(), mine);
    }
    if (keys == null) {
      throw new IllegalStateException("nothing to hide");
    }
    Tensor row = keys.unsqueeze(1);
    return own == null ? row : own.unsqueeze(2).and(row);
  }
}
