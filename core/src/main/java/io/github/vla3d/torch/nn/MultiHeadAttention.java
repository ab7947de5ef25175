package io.github.vla3d.torch.nn;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Attention with linear maps before and after it. Children: query [H d, D], key and value [G d, C],
 * output [D, H d], under the names of the checkpoint.
 */
public final class MultiHeadAttention extends Module {
  /**
   * What the four linear maps are called.
   *
   * @param query e.g. q_proj
   * @param key e.g. k_proj
   * @param value e.g. v_proj
   * @param output e.g. o_proj
   */
  public record Names(String query, String key, String value, String output) {
    public static final Names PLAIN = new Names("query", "key", "value", "output");

    /** Those of Gemma and Llama. */
    public static final Names O_PROJ = new Names("q_proj", "k_proj", "v_proj", "o_proj");

    /** Those of SigLIP and BART. */
    public static final Names OUT_PROJ = new Names("q_proj", "k_proj", "v_proj", "out_proj");
  }

  /**
   * Sizes.
   *
   * @param width D: channels of the queries' input and of the output
   * @param contextWidth C: channels of what keys and values are made of
   * @param heads H
   * @param keyHeads G, a divisor of H: heads of keys and values, which neighbouring query heads
   *     share
   * @param headWidth d
   * @param bias whether the four maps have one
   */
  public record Layout(
      long width, long contextWidth, long heads, long keyHeads, long headWidth, boolean bias) {
    public Layout {
      if (heads < 1 || keyHeads < 1 || heads % keyHeads != 0 || headWidth < 1) {
        throw new IllegalArgumentException(
            "attention: wanted heads that are a multiple of the key heads, got "
                + heads
                + " and "
                + keyHeads);
      }
    }

    /** All of one width, which the heads share out, with biases. */
    public static Layout of(long width, long heads) {
      if (heads < 1 || width % heads != 0) {
        throw new IllegalArgumentException(
            "attention: wanted a width divisible by " + heads + " heads, got " + width);
      }
      return new Layout(width, width, heads, heads, width / heads, true);
    }
  }

  private final Layout layout;
  private final Attention.EmptyRows emptyRows;
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final Linear output;

  public MultiHeadAttention(Layout layout, Names names, Attention.EmptyRows emptyRows) {
    this.layout = layout;
    this.emptyRows = emptyRows;
    long all = layout.heads * layout.headWidth;
    long keys = layout.keyHeads * layout.headWidth;
    this.query = register(names.query, new Linear(layout.width, all, layout.bias));
    this.key = register(names.key, new Linear(layout.contextWidth, keys, layout.bias));
    this.value = register(names.value, new Linear(layout.contextWidth, keys, layout.bias));
    this.output = register(names.output, new Linear(all, layout.width, layout.bias));
  }

  /**
   * Self-attention.
   *
   * @param x [B, N, D]
   * @param mask see {@link Attention#apply}
   * @param rotary of the N positions; null for none
   * @return [B, N, D]
   */
  public Tensor apply(Tensor x, @Nullable Tensor mask, @Nullable Rotary rotary) {
    return apply(x, x, mask, rotary, rotary);
  }

  /**
   * Cross-attention.
   *
   * @param x [B, N, D]
   * @param context [B, M, C]
   * @param mask see {@link Attention#apply}
   * @param queryRotary of the N positions of x; null for none
   * @param keyRotary of the M positions of the context; null for none
   * @return [B, N, D]
   */
  public Tensor apply(
      Tensor x,
      Tensor context,
      @Nullable Tensor mask,
      @Nullable Rotary queryRotary,
      @Nullable Rotary keyRotary) {
    return Scope.tensor(
        () -> attend(queries(x, queryRotary), keys(context, keyRotary), values(context), mask));
  }

  /** {@link Linear#pack} for each of the maps. */
  public void pack(long rows) {
    query.pack(rows);
    key.pack(rows);
    value.pack(rows);
    output.pack(rows);
  }

  /** Type in which the maps are stored: inputs of another are converted to it by the caller. */
  public DType queryType() {
    return query.weight().value().dtype();
  }

  /** x [B, N, D]: rotated queries [B, H, N, d]. */
  public Tensor queries(Tensor x, @Nullable Rotary rotary) {
    return Scope.tensor(() -> rotated(Attention.split(query.apply(x), layout.heads), rotary));
  }

  /** context [B, M, C]: rotated keys [B, G, M, d], as a cache keeps them. */
  public Tensor keys(Tensor context, @Nullable Rotary rotary) {
    return Scope.tensor(
        () -> rotated(Attention.split(key.apply(context), layout.keyHeads), rotary));
  }

  /** context [B, M, C]: values [B, G, M, d], as a cache keeps them. */
  public Tensor values(Tensor context) {
    return Scope.tensor(() -> Attention.split(value.apply(context), layout.keyHeads));
  }

  /**
   * What remains when queries [B, H, N, d], keys and values [B, G, M, d] are there: [B, N, D].
   *
   * @param mask see {@link Attention#apply}
   */
  public Tensor attend(Tensor queries, Tensor keys, Tensor values, @Nullable Tensor mask) {
    return Scope.tensor(() -> project(read(queries, keys, values, mask)));
  }

  /** The first half of {@link #attend}: the values that the queries read, [B, H, N, d]. */
  public Tensor read(Tensor queries, Tensor keys, Tensor values, @Nullable Tensor mask) {
    return Attention.apply(queries, keys, values, mask, Double.NaN, emptyRows);
  }

  /** The second half: what was read, through the last map, [B, N, D]. */
  public Tensor project(Tensor read) {
    return Scope.tensor(() -> output.apply(Attention.join(read)));
  }

  private static Tensor rotated(Tensor x, @Nullable Rotary rotary) {
    return rotary == null ? x : rotary.apply(x);
  }
}
