package io.github.vla3d.policy.gemma;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.nn.Activation;
import io.github.vla3d.torch.nn.Attention;
import io.github.vla3d.torch.nn.GatedMlp;
import io.github.vla3d.torch.nn.Module;
import io.github.vla3d.torch.nn.MultiHeadAttention;
import io.github.vla3d.torch.nn.Rotary;
import org.jspecify.annotations.Nullable;

/** One layer. Children as in Hugging Face's Gemma. */
final class GemmaLayer extends Module {
  private final MultiHeadAttention attention;
  private final GatedMlp mlp;
  private final Norm before;
  private final Norm between;

  /**
   * @param condition width of what adaptive norms are computed from; 0 for plain norms
   */
  GemmaLayer(GemmaConfig config, long condition) {
    this.attention =
        register(
            "self_attn",
            new MultiHeadAttention(
                new MultiHeadAttention.Layout(
                    config.width(),
                    config.width(),
                    config.heads(),
                    config.keyHeads(),
                    config.headWidth(),
                    false),
                MultiHeadAttention.Names.O_PROJ,
                Attention.EmptyRows.NONE));
    this.mlp = register("mlp", new GatedMlp(config.width(), config.hidden(), Activation.GELU_TANH));
    this.before = register("input_layernorm", norm(config.width(), condition));
    this.between = register("post_attention_layernorm", norm(config.width(), condition));
  }

  static Norm norm(long width, long condition) {
    return condition == 0 ? new Norm.Plain(width) : new Norm.Adaptive(width, condition);
  }

  void pack(long rows) {
    attention.pack(rows);
    mlp.pack(rows);
  }

  Norm before() {
    return before;
  }

  Norm between() {
    return between;
  }

  DType dtype() {
    return attention.queryType();
  }

  /**
   * @param output [B, S, D]; null if only keys and values were asked for
   * @param own keys and values of the S tokens
   */
  record Result(@Nullable Tensor output, Cache.Layer own) {}

  /** What a layer reads through a gate; see {@link GemmaStack.Aside}. */
  record Aside(Cache.Layer cache, Tensor gate, @Nullable Tensor mask, @Nullable Tensor some) {
    static Aside of(GemmaStack.Aside all, int layer) {
      return new Aside(
          all.cache().layers().get(layer), all.gates().get(layer), all.mask(), all.some());
    }
  }

  /** Runs in the scope of the caller. */
  Result apply(
      Tensor x,
      Rotary rotary,
      Cache.@Nullable Layer past,
      @Nullable Tensor mask,
      GemmaStack.@Nullable Tail tail,
      @Nullable Aside aside,
      @Nullable Tensor modulationBefore,
      @Nullable Tensor modulationBetween,
      boolean keysOnly) {
    Norm.Result n1 = before.apply(x, modulationBefore);
    Cache.Layer own =
        new Cache.Layer(attention.keys(n1.value(), rotary), attention.values(n1.value()));
    if (keysOnly) {
      return new Result(null, own);
    }
    Cache.Layer seen = past == null ? own : past.followedBy(own);
    Tensor queries = attention.queries(n1.value(), rotary);
    Tensor attended;
    if (tail != null) {
      attended = attention.project(read(queries, seen, mask, tail));
    } else if (aside != null) {
      attended =
          attention.project(
              attention.read(queries, seen.key(), seen.value(), mask).add(read(queries, aside)));
    } else {
      attended = attention.attend(queries, seen.key(), seen.value(), mask);
    }
    Tensor y = n1.residual(x, attended);
    Norm.Result n2 = between.apply(y, modulationBetween);
    return new Result(n2.residual(y, mlp.apply(n2.value())), own);
  }

  private Tensor read(
      Tensor queries, Cache.Layer seen, @Nullable Tensor mask, GemmaStack.Tail tail) {
    long head = queries.size(2) - tail.tokens();
    long known = seen.key().size(2) - tail.tokens();
    Tensor first =
        attention.read(
            queries.narrow(2, 0, head),
            seen.key().narrow(2, 0, known),
            seen.value().narrow(2, 0, known),
            mask);
    Tensor last =
        attention.read(
            queries.narrow(2, head, tail.tokens()), seen.key(), seen.value(), tail.mask());
    return Tensors.cat(2, first, last);
  }

  private Tensor read(Tensor queries, Aside aside) {
    Tensor mask = aside.mask == null ? null : aside.mask.to(queries.dtype());
    Tensor read =
        attention.read(
            queries,
            aside.cache.key().to(queries.dtype()),
            aside.cache.value().to(queries.dtype()),
            mask);
    Tensor gated = read.mul(aside.gate.tanh().to(read.dtype()));
    return aside.some == null ? gated : gated.maskedFill(aside.some.not(), 0);
  }
}
