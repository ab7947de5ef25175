package io.github.vla3d.policy.gemma;

import io.github.vla3d.policy.PolicyException;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.nn.HalfRotary;
import io.github.vla3d.torch.nn.Module;
import io.github.vla3d.torch.nn.Rotary;
import io.github.vla3d.torch.nn.Trace;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The layers of a language model or of an action expert: each pass takes a block of tokens that see
 * each other and all that is in a cache, and gives their own keys and values for those who come
 * later. Stacks of equal depth and heads read each other's caches: that is the joint attention of
 * pi0. Children: layers, norm.
 */
public final class GemmaStack extends Module {
  private static final double ROTARY_BASE = 10000;

  private final GemmaConfig config;
  private final List<GemmaLayer> layers;
  private final Norm last;

  /**
   * @param condition width of what adaptive norms are computed from; 0 for plain norms
   */
  public GemmaStack(GemmaConfig config, long condition) {
    this.config = config;
    this.layers =
        register(
            "layers",
            Stream.generate(() -> new GemmaLayer(config, condition))
                .limit(config.depth())
                .toList());
    this.last = register("norm", GemmaLayer.norm(config.width(), condition));
  }

  /** Type of the linear maps, to which inputs are converted. */
  public DType dtype() {
    return layers.get(0).dtype();
  }

  /** positions I64 [B, S]: the rotation of queries and keys there. */
  public Rotary rotary(Tensor positions) {
    return HalfRotary.of(positions, config.headWidth(), ROTARY_BASE);
  }

  /** How far a pass goes. */
  public enum Depth {
    /** Up to the keys and values of the last layer: all that a cache needs. */
    KEYS_AND_VALUES,
    /** Through the last layer and the last norm. */
    OUTPUT
  }

  /**
   * The outcome of a pass.
   *
   * @param own keys and values of the block, and which of its tokens there are
   * @param output after the last norm [B, S, D]; null if it was not asked for
   */
  public record Pass(Cache own, @Nullable Tensor output) {
    /**
     * @throws IllegalStateException if the output was not asked for
     */
    public Tensor requireOutput() {
      if (output == null) {
        throw new IllegalStateException("the pass ended at its keys and values");
      }
      return output;
    }
  }

  /**
   * One vector of scale, shift and gate for every adaptive norm, in the order of a pass. They
   * depend on the condition only, so that a sampler computes them ahead of its loop.
   *
   * @param condition [.., C]
   * @return 2 depth + 1 of [.., 3 D]
   */
  public List<Tensor> modulations(Tensor condition) {
    List<Tensor> all = new ArrayList<>();
    for (Norm norm : norms()) {
      if (!(norm instanceof Norm.Adaptive adaptive)) {
        throw new PolicyException("Gemma: plain norms take no condition");
      }
      all.add(adaptive.modulation(condition));
    }
    return all;
  }

  /**
   * Prepares the linear maps of all layers for blocks of exactly so many tokens, as a sampler runs
   * again and again; see {@link io.github.vla3d.torch.nn.Linear#pack}.
   */
  public void pack(long tokens) {
    layers.forEach(layer -> layer.pack(tokens));
  }

  /** Whether {@link #modulations} may be kept: no norm is being trained. */
  public boolean modulationsAreFixed() {
    return norms().stream()
        .noneMatch(norm -> norm instanceof Norm.Adaptive adaptive && adaptive.isTrainable());
  }

  private List<Norm> norms() {
    List<Norm> norms = new ArrayList<>();
    for (GemmaLayer layer : layers) {
      norms.add(layer.before());
      norms.add(layer.between());
    }
    norms.add(last);
    return norms;
  }

  /**
   * A cache that is read in a softmax of its own; what comes of it is added times the tanh of a
   * gate.
   *
   * @param cache with as many layers as the stack that reads it
   * @param gates one [] for each layer
   * @param mask F32 [B, 1, 1, M] of the cache; null if all may be read
   * @param some BOOL [B, 1, 1, 1]: samples in which anything may be read; null for all
   */
  public record Aside(
      Cache cache, List<Tensor> gates, @Nullable Tensor mask, @Nullable Tensor some) {
    public Aside {
      gates = List.copyOf(gates);
      if (gates.size() != cache.layers().size()) {
        throw new PolicyException(
            "gates: wanted one for each of %d layers, got %d"
                .formatted(cache.layers().size(), gates.size()));
      }
    }

    /** In the caller's scope. */
    public static Aside of(Cache cache, List<Tensor> gates) {
      Tensor valid = cache.valid();
      return new Aside(
          cache,
          gates,
          Cache.mask(cache, null, 0),
          valid == null ? null : valid.any(false, 1).view(valid.size(0), 1, 1, 1));
    }
  }

  /**
   * Tokens at the end of a block that see all of it, while those before them do not see them: what
   * a pass of their own behind the block would give, but weights are read once.
   *
   * @param tokens how many, >= 1
   * @param mask {@link Cache#mask} of past and the whole block; null if all may be read
   */
  public record Tail(long tokens, @Nullable Tensor mask) {}

  /** Runs a block that reads nothing aside and has no tail. */
  public Pass run(
      Tensor x,
      Rotary rotary,
      @Nullable Cache past,
      @Nullable Tensor own,
      @Nullable Tensor mask,
      @Nullable List<Tensor> modulations,
      Depth depth,
      Trace trace) {
    return run(x, rotary, past, own, mask, null, null, modulations, depth, trace);
  }

  /**
   * Runs a block. Sees the stages {@code layerN} and {@code final_norm}.
   *
   * @param x [B, S, D]
   * @param rotary of the positions of the block
   * @param past what it sees besides itself; null for nothing
   * @param own BOOL [B, S]: which of the block there are; null for all
   * @param mask {@link Cache#mask} of past and own: handed in because it is the same in each step
   * @param tail tokens of the block that the others do not see, for whom mask is then; null for
   *     none
   * @param aside what it reads through gates; null for nothing
   * @param modulations of adaptive norms, broadcast over [B, S, 3 D]; null for plain norms
   */
  public Pass run(
      Tensor x,
      Rotary rotary,
      @Nullable Cache past,
      @Nullable Tensor own,
      @Nullable Tensor mask,
      @Nullable Tail tail,
      @Nullable Aside aside,
      @Nullable List<Tensor> modulations,
      Depth depth,
      Trace trace) {
    return Scope.call(
        scope -> {
          Tensor fitted = mask == null ? null : mask.to(dtype());
          Tail end =
              tail == null || tail.mask == null
                  ? tail
                  : new Tail(tail.tokens, tail.mask.to(dtype()));
          List<Cache.Layer> caches = new ArrayList<>();
          Tensor h = x.to(dtype());
          for (int i = 0; i < layers.size(); i++) {
            boolean keysOnly = depth == Depth.KEYS_AND_VALUES && i == layers.size() - 1;
            GemmaLayer.Result result =
                layer(i, h, rotary, past, fitted, end, aside, modulations, keysOnly);
            caches.add(result.own());
            Tensor output = result.output();
            if (output != null) {
              h = output;
              trace.see("layer" + i, h);
            }
          }
          Tensor output = null;
          if (depth == Depth.OUTPUT) {
            output = last.apply(h, at(modulations, 2 * layers.size())).value();
            trace.see("final_norm", output);
            scope.keep(output);
          }
          caches.forEach(
              layer -> {
                scope.keep(layer.key());
                scope.keep(layer.value());
              });
          return new Pass(new Cache(caches, own), output);
        });
  }

  private GemmaLayer.Result layer(
      int i,
      Tensor x,
      Rotary rotary,
      @Nullable Cache past,
      @Nullable Tensor mask,
      @Nullable Tail tail,
      @Nullable Aside aside,
      @Nullable List<Tensor> modulations,
      boolean keysOnly) {
    return Scope.call(
        scope -> {
          GemmaLayer.Result result =
              layers
                  .get(i)
                  .apply(
                      x,
                      rotary,
                      past == null ? null : past.layers().get(i),
                      mask,
                      tail,
                      aside == null ? null : GemmaLayer.Aside.of(aside, i),
                      at(modulations, 2 * i),
                      at(modulations, 2 * i + 1),
                      keysOnly);
          scope.keep(result.own().key());
          scope.keep(result.own().value());
          if (result.output() != null) {
            scope.keep(result.output());
          }
          return result;
        });
  }

  private static @Nullable Tensor at(@Nullable List<Tensor> list, int index) {
    return list == null ? null : list.get(index);
  }
}
