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
   * @param own BOOL [B, S]: which of them there are; null for all. What the others read does not
   *     count, so that one row holds for all
   * @param tokens S
   * @return F32 [B, 1, 1, M + S]; null if there is nothing to hide
   */
  public static @Nullable Tensor mask(@Nullable Cache past, @Nullable Tensor own, long tokens) {
    return hidden(keys(past, own, tokens), null);
  }

  /**
   * {@link #mask} by which tokens that are not there read nothing, as in published code, whose
   * softmax then gives them a bit of everything.
   *
   * @return F32 [B, 1, S, M + S], or as {@link #mask} if all of the block are there
   */
  public static @Nullable Tensor fullMask(@Nullable Cache past, @Nullable Tensor own, long tokens) {
    return hidden(keys(past, own, tokens), own);
  }

  /**
   * @param keys BOOL [B, N]; null if there is nothing to hide
   * @param queries BOOL [B, S]; null for all
   */
  private static @Nullable Tensor hidden(@Nullable Tensor keys, @Nullable Tensor queries) {
    if (keys == null) {
      return null;
    }
    return Scope.tensor(
        () -> {
          Tensor row = keys.unsqueeze(1);
          Tensor readable = queries == null ? row : queries.unsqueeze(2).and(row);
          Tensor zeros = Tensors.zeros(DType.F32, readable.device(), readable.shape());
          return zeros.maskedFill(readable.not(), HIDDEN).unsqueeze(1);
        });
  }

  /** BOOL [B, M + S]: which keys there are; null for all. */
  private static @Nullable Tensor keys(@Nullable Cache past, @Nullable Tensor own, long tokens) {
    if (past == null) {
      return own;
    }
    if (past.valid == null && own == null) {
      return null;
    }
    Tensor mine = own != null ? own : Tensors.ones(DType.BOOL, past.device(), past.batch(), tokens);
    return Tensors.cat(1, past.validOrOnes(), mine);
  }
}
