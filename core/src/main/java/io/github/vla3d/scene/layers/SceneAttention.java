package io.github.vla3d.scene.layers;

import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.nn.Attention;
import io.github.vla3d.torch.nn.MultiHeadAttention;
import io.github.vla3d.torch.nn.Rotary;
import org.jspecify.annotations.Nullable;

/**
 * Hybrid attention, Eq. (10): softmax(Q' K'^T / sqrt(d_k)) (V W_V), where Q' and K' are turned by
 * the positions of queries and keys, Eq. (9), and values are not. Without positions it is plain
 * attention. A query that may read no key gets zeros, and the output map with its bias still
 * follows.
 *
 * @param maps query, key, value and output, each [D, D] with bias
 * @param body type of the computation
 */
public record SceneAttention(MultiHeadAttention maps, Body body) {
  /** The four maps, to be registered by the block that they belong to. */
  public static MultiHeadAttention maps(long width, long heads) {
    return new MultiHeadAttention(
        MultiHeadAttention.Layout.of(width, heads),
        MultiHeadAttention.Names.PLAIN,
        Attention.EmptyRows.ZERO);
  }

  /**
   * @param query [B, N, D]
   * @param key [B, M, D]
   * @param value [B, M, D]
   * @param mask BOOL [B, M], true where a key may be read; null if all may
   * @param queryRotary of the N positions; null for plain attention
   * @param keyRotary of the M positions; null for plain attention
   * @return [B, N, D]
   */
  public Tensor apply(
      Tensor query,
      Tensor key,
      Tensor value,
      @Nullable Tensor mask,
      @Nullable Rotary queryRotary,
      @Nullable Rotary keyRotary) {
    return Scope.tensor(
        () ->
            body.out(
                maps.attend(
                    maps.queries(body.in(query), queryRotary),
                    maps.keys(body.in(key), keyRotary),
                    maps.values(body.in(value)),
                    mask == null ? null : mask.unsqueeze(1).unsqueeze(1))));
  }

  /** Self-attention of x [B, N, D]. */
  public Tensor self(Tensor x, @Nullable Tensor mask, @Nullable Rotary rotary) {
    return apply(x, x, x, mask, rotary, rotary);
  }
}
