package io.github.vla3d.torch.nn;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Torch;
import io.github.vla3d.torch.TorchException;
import org.jspecify.annotations.Nullable;

/** The parts of attention (Vaswani et al., arXiv 1706.03762) that have no parameters. */
public final class Attention {
  private Attention() {}

  /** What a query gives that may read no key at all. */
  public enum EmptyRows {
    /** Whatever the engine's kernel makes of it: the caller knows that there is none. */
    NONE,
    /** Zeros, with zero gradients. */
    ZERO
  }

  /**
   * softmax(q k^T * scale + mask) v.
   *
   * @param query [B, H, N, d]
   * @param key [B, G, M, d] with H a multiple of G: query head i reads key head i / (H / G)
   * @param value [B, G, M, e]
   * @param mask BOOL (true: may be read) or floating (added), broadcast to [B, H, N, M]; null for
   *     none
   * @param scale NaN for 1 / sqrt(d)
   * @return [B, H, N, e]
   */
  public static Tensor apply(
      Tensor query,
      Tensor key,
      Tensor value,
      @Nullable Tensor mask,
      double scale,
      EmptyRows emptyRows) {
    if (query.size(1) % key.size(1) != 0) {
      throw new TorchException(
          "attention: wanted query heads that are a multiple of the "
              + key.size(1)
              + " key heads, got "
              + query.size(1));
    }
    if (mask == null || emptyRows == EmptyRows.NONE) {
      return Scope.tensor(() -> attend(query, key, value, fitted(mask, query.dtype()), scale));
    }
    return Scope.tensor(
        () -> {
          boolean bool = mask.dtype() == DType.BOOL;
          Tensor readable =
              bool
                  ? mask.any(true, -1)
                  : mask.amax(true, -1).gt(Double.NEGATIVE_INFINITY); // [.., N, 1]
          // Rows without a key read them all and are put to 0 afterwards: no NaN on either way.
          Tensor open = bool ? mask.or(readable.not()) : mask.maskedFill(readable.not(), 0);
          Tensor y = attend(query, key, value, fitted(open, query.dtype()), scale);
          return y.maskedFill(readable.not(), 0);
        });
  }

  /**
   * Query heads that share a key head become rows of one head, where the mask is the same for all
   * rows: the engine's kernel would copy keys and values for each of them.
   */
  private static Tensor attend(
      Tensor query, Tensor key, Tensor value, @Nullable Tensor mask, double scale) {
    long b = query.size(0);
    long heads = query.size(1);
    long keyHeads = key.size(1);
    long n = query.size(2);
    boolean sameRows = mask == null || (mask.dim() == 4 && mask.size(1) == 1 && mask.size(2) == 1);
    if (heads == keyHeads) {
      return sameHeads(query, key, value, mask, scale);
    }
    if (!sameRows) {
      return Functional.attention(query, key, value, mask, scale);
    }
    Tensor rows = query.reshape(b, keyHeads, heads / keyHeads * n, query.size(3));
    return sameHeads(rows, key, value, mask, scale).reshape(b, heads, n, value.size(3));
  }

  /**
   * In fp32 on a CPU the engine's kernel is these four steps too, with a search for empty rows and
   * one more copy: a fifth of its time in training.
   */
  private static Tensor sameHeads(
      Tensor query, Tensor key, Tensor value, @Nullable Tensor mask, double scale) {
    boolean steps =
        query.dtype() == DType.F32
            && !query.device().isCuda()
            && !Torch.flashAttention()
            && (mask == null || mask.dtype() != DType.BOOL);
    if (!steps) {
      return Functional.attention(query, key, value, mask, scale);
    }
    double factor = Double.isNaN(scale) ? 1 / Math.sqrt(query.size(-1)) : scale;
    Tensor logits = product(query.mul(factor), key);
    Tensor shares = (mask == null ? logits : logits.add(mask)).softmax(-1);
    return product(shares, value.transpose(-2, -1));
  }

  /** a [B, H, n, k] times b [B, H, m, k] transposed. One head alone is a linear map, see there. */
  private static Tensor product(Tensor a, Tensor b) {
    if (a.size(0) * a.size(1) != 1) {
      return a.matmul(b.transpose(-2, -1));
    }
    Tensor weight = b.view(b.size(2), b.size(3)).contiguous();
    return Functional.linear(a, weight, null);
  }

  private static @Nullable Tensor fitted(@Nullable Tensor mask, DType dtype) {
    return mask == null || mask.dtype() == DType.BOOL ? mask : mask.to(dtype);
  }

  /** [B, N, H d] to [B, H, N, d]: head k owns the channels k d to (k + 1) d - 1. */
  public static Tensor split(Tensor x, long heads) {
    return Scope.tensor(
        () -> x.view(x.size(0), x.size(1), heads, x.size(2) / heads).transpose(1, 2));
  }

  /** [B, H, N, d] to [B, N, H d]. */
  public static Tensor join(Tensor x) {
    return Scope.tensor(() -> x.transpose(1, 2).flatten(2, 3));
  }
}
