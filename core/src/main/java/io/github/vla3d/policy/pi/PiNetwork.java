package io.github.vla3d.policy.pi;

import io.github.vla3d.policy.FlowMatching;
import io.github.vla3d.policy.MemoryBlock;
import io.github.vla3d.policy.Part;
import io.github.vla3d.policy.PolicyException;
import io.github.vla3d.policy.gemma.Cache;
import io.github.vla3d.policy.gemma.GemmaStack;
import io.github.vla3d.policy.processing.TimeEmbedding;
import io.github.vla3d.policy.siglip.SiglipTower;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.nn.Activation;
import io.github.vla3d.torch.nn.Embedding;
import io.github.vla3d.torch.nn.Linear;
import io.github.vla3d.torch.nn.Module;
import io.github.vla3d.torch.nn.Parameter;
import io.github.vla3d.torch.nn.Rotary;
import io.github.vla3d.torch.nn.Trace;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The network, with children as openpi's checkpoints name them. Images and prompt are one block
 * that sees itself, then comes the memory if there is any, then pi0's state, then the actions; each
 * block sees itself and all before it, so that one pass after the other over a growing cache is the
 * joint attention of the papers, in training as in sampling.
 */
public final class PiNetwork extends Module {
  static final String TRUNK = "paligemma_with_expert.";
  private static final String VLM = TRUNK + "paligemma.";

  private final PiConfig config;
  private final SiglipTower tower;
  private final Linear projector;
  private final Embedding embedding;
  private final GemmaStack language;
  private final GemmaStack expert;
  private final Linear actionIn;
  private final Linear actionOut;
  private final @Nullable Linear stateIn;
  private final Linear timeIn;
  private final Linear timeOut;

  public PiNetwork(PiConfig config) {
    this.config = config;
    int wide = config.language().width();
    int width = config.expert().width();
    boolean pi0 = config.family() == PiFamily.PI0;
    this.tower =
        register(VLM + "model.vision_tower.vision_model", new SiglipTower(config.vision()));
    this.projector =
        register(
            VLM + "model.multi_modal_projector.linear", new Linear(config.vision().width(), wide));
    this.embedding =
        register(
            VLM + "model.language_model.embed_tokens", new Embedding(config.vocabulary(), wide, 0));
    this.language = register(VLM + "model.language_model", new GemmaStack(config.language(), 0));
    this.expert =
        register(TRUNK + "gemma_expert.model", new GemmaStack(config.expert(), pi0 ? 0 : width));
    this.actionIn = register("action_in_proj", new Linear(config.robot().actionWidth(), width));
    this.actionOut = register("action_out_proj", new Linear(width, config.robot().actionWidth()));
    this.stateIn =
        pi0 ? register("state_proj", new Linear(config.robot().stateWidth(), width)) : null;
    String mlp = pi0 ? "action_time_mlp" : "time_mlp";
    this.timeIn = register(mlp + "_in", new Linear(pi0 ? 2L * width : width, width));
    this.timeOut = register(mlp + "_out", new Linear(width, width));
  }

  public PiConfig config() {
    return config;
  }

  /** The parameters of a group by name. */
  public Map<String, Parameter> parameters(Part part) {
    Map<String, Parameter> some = new LinkedHashMap<>(parameters());
    some.keySet().removeIf(name -> name.startsWith(VLM) != (part == Part.VLM));
    return some;
  }

  // ---------------------------------------- prefix

  /**
   * Image tokens. Sees the stages of the tower and {@code projected}.
   *
   * @param pixels [B, 3, image, image] in [-1, 1]
   * @return [B, N, D]
   */
  public Tensor encode(Tensor pixels, Trace trace) {
    return Scope.tensor(
        () -> {
          Tensor tokens = projector.apply(tower.apply(pixels, trace));
          trace.see("projected", tokens);
          return tokens;
        });
  }

  /** Prompt tokens [B, L, D], scaled by the root of the width, as image tokens are not. */
  public Tensor embed(Tensor ids) {
    return Scope.tensor(
        () -> embedding.apply(ids).mul(Math.sqrt((double) config.language().width())));
  }

  /** Positions I64 [B, N] of the tokens that there are; the others take none. */
  public static Tensor positions(Tensor valid) {
    return Scope.tensor(() -> valid.to(DType.I64).cumsum(1).sub(1).to(DType.I64));
  }

  /**
   * The first block.
   *
   * @param tokens [B, P, D]: images, then prompt
   * @param valid BOOL [B, P]; null if all are there
   * @param within tokens of somebody else that belong to the block, all at the position of its last
   *     own token; null for none
   * @param state F32 [B, S] as wide as the network; null for pi0.5
   * @param depth {@code OUTPUT} only for the trace
   */
  PiPrefix prefix(
      Tensor tokens,
      @Nullable Tensor valid,
      @Nullable MemoryBlock within,
      @Nullable Tensor state,
      GemmaStack.Depth depth,
      Trace trace) {
    return Scope.call(
        scope -> {
          Tensor there =
              valid != null
                  ? valid
                  : Tensors.ones(DType.BOOL, tokens.device(), tokens.size(0), tokens.size(1));
          Tensor next = there.to(DType.I64).sum(false, 1);
          Tensor x = tokens;
          Tensor own = valid;
          Tensor places = positions(there);
          if (within != null) {
            long n = within.tokens().size(1);
            x = Tensors.cat(1, tokens, within.tokens().to(tokens.dtype()));
            own = Tensors.cat(1, there, within.valid());
            places = Tensors.cat(1, places, next.sub(1).unsqueeze(1).expand(-1, n));
          }
          GemmaStack.Pass pass =
              language.run(
                  x,
                  language.rotary(places),
                  null,
                  own,
                  depth == GemmaStack.Depth.OUTPUT
                      ? Cache.fullMask(null, own, x.size(1))
                      : Cache.mask(null, own, x.size(1)),
                  null,
                  depth,
                  trace);
          return new PiPrefix(pass.own().keptBy(scope), scope.keep(next), state, null);
        });
  }

  /**
   * The first block with memory without gates behind it in one pass: what {@link #remember} makes
   * of {@link #prefix}, up to the rounding of products with more rows.
   *
   * @param tokens [B, P, D]: images, then prompt
   * @param valid BOOL [B, P]; null if all are there
   * @param memory behind it, without gates
   * @param state F32 [B, S] as wide as the network; null for pi0.5
   */
  PiPrefix prefixAndMemory(
      Tensor tokens, @Nullable Tensor valid, MemoryBlock memory, @Nullable Tensor state) {
    return Scope.call(
        scope -> {
          long p = tokens.size(1);
          long n = memory.tokens().size(1);
          Tensor there =
              valid != null ? valid : Tensors.ones(DType.BOOL, tokens.device(), tokens.size(0), p);
          Tensor next = there.to(DType.I64).sum(false, 1);
          Tensor all = Tensors.cat(1, there, memory.valid());
          Tensor places = Tensors.cat(1, positions(there), next.sub(1).unsqueeze(1).expand(-1, n));
          Cache both =
              language
                  .run(
                      Tensors.cat(1, tokens, memory.tokens().to(tokens.dtype())),
                      language.rotary(places),
                      null,
                      all,
                      Cache.mask(null, valid, p),
                      new GemmaStack.Tail(n, Cache.mask(null, all, p + n)),
                      null,
                      null,
                      GemmaStack.Depth.KEYS_AND_VALUES,
                      Trace.NONE)
                  .own()
                  .keptBy(scope);
          return new PiPrefix(both, scope.keep(next), state, null);
        });
  }

  /** Puts memory behind the prefix, all of it at the position of the prefix's last token. */
  PiPrefix remember(PiPrefix prefix, MemoryBlock memory) {
    return Scope.call(
        scope -> {
          long n = memory.tokens().size(1);
          Tensor positions = prefix.next().sub(1).unsqueeze(1).expand(-1, n);
          GemmaStack.Pass pass =
              language.run(
                  memory.tokens(),
                  language.rotary(positions),
                  prefix.cache(),
                  memory.valid(),
                  Cache.mask(prefix.cache(), memory.valid(), n),
                  null,
                  GemmaStack.Depth.KEYS_AND_VALUES,
                  Trace.NONE);
          Tensor gates = memory.gates();
          if (gates == null) {
            Cache both = prefix.cache().followedBy(pass.own()).keptBy(scope);
            return new PiPrefix(both, prefix.next(), prefix.state(), prefix.gated());
          }
          List<Tensor> each = new ArrayList<>();
          for (int i = 0; i < gates.size(0); i++) {
            each.add(scope.keep(gates.select(0, i)));
          }
          return new PiPrefix(
              prefix.cache(),
              prefix.next(),
              prefix.state(),
              new PiPrefix.Gated(pass.own().keptBy(scope), List.copyOf(each)));
        });
  }

  // ---------------------------------------- suffix

  /**
   * What is the same in every step of a sampler: pi0's state has been read, positions and mask of
   * the actions are known.
   */
  record Suffix(
      Cache past, Rotary rotary, @Nullable Tensor mask, GemmaStack.@Nullable Aside aside) {}

  /** Prepares the steps of a sampler for exactly so many actions; see {@link GemmaStack#pack}. */
  void pack(long actions) {
    expert.pack(actions);
  }

  /** Sees the stages of pi0's state under {@code state.}. Its tensors are in the caller's scope. */
  Suffix suffix(PiPrefix prefix, Trace trace) {
    Cache past = prefix.cache();
    Tensor next = prefix.next();
    Tensor state = prefix.state();
    GemmaStack.Aside aside = aside(prefix.gated());
    if (stateIn != null) {
      if (state == null) {
        throw new PolicyException("pi0: wanted a state, got none");
      }
      Tensor token = stateIn.apply(state).unsqueeze(1);
      trace.see("state.embs", token);
      GemmaStack.Pass pass =
          expert.run(
              token,
              expert.rotary(next.unsqueeze(1)),
              past,
              null,
              Cache.mask(past, null, 1),
              null,
              aside,
              null,
              trace == Trace.NONE ? GemmaStack.Depth.KEYS_AND_VALUES : GemmaStack.Depth.OUTPUT,
              trace.under("state.expert."));
      past = past.followedBy(pass.own());
      next = next.add(1);
    }
    long horizon = config.robot().horizon();
    Tensor positions = next.unsqueeze(1).add(Tensors.arange(horizon).to(next.device()));
    return new Suffix(past, expert.rotary(positions), Cache.mask(past, null, horizon), aside);
  }

  private static GemmaStack.@Nullable Aside aside(PiPrefix.@Nullable Gated gated) {
    return gated == null ? null : GemmaStack.Aside.of(gated.cache(), gated.gates());
  }

  /**
   * All that depends on flow times alone: scale, shift and gate of every norm of pi0.5, or what
   * time adds before the activation of pi0's action tokens.
   *
   * @param modulations each [n, 1 or H, 3 D]; null for pi0
   * @param bias [n, 1 or H, D]; null for pi0.5
   */
  record Condition(@Nullable List<Tensor> modulations, @Nullable Tensor bias) {
    /** That of one of the n times. */
    Condition at(int index) {
      return new Condition(
          modulations == null
              ? null
              : modulations.stream().map(m -> m.narrow(0, index, 1)).toList(),
          bias == null ? null : bias.narrow(0, index, 1));
    }

    /**
     * This, and another for some actions.
     *
     * @param some BOOL [H, 1]
     */
    Condition replaced(Tensor some, Condition by) {
      List<Tensor> mixed = null;
      if (modulations != null && by.modulations != null) {
        mixed = new ArrayList<>();
        for (int i = 0; i < modulations.size(); i++) {
          mixed.add(Tensors.where(some, by.modulations.get(i), modulations.get(i)));
        }
      }
      return new Condition(
          mixed, bias == null || by.bias == null ? null : Tensors.where(some, by.bias, bias));
    }

    List<Tensor> tensors() {
      List<Tensor> all = new ArrayList<>(modulations == null ? List.of() : modulations);
      if (bias != null) {
        all.add(bias);
      }
      return all;
    }
  }

  /**
   * Sees the stages {@code time_embedding} and, of pi0.5, {@code adarms_cond}.
   *
   * @param time F32 [n], or [n, H] for a time per action
   */
  Condition condition(Tensor time, Trace trace) {
    return Scope.call(
        scope -> {
          PiConfig.Time settings = config.time();
          Tensor wave =
              TimeEmbedding.of(
                      time, config.expert().width(), settings.minPeriod(), settings.maxPeriod())
                  .to(DType.F32);
          trace.see("time_embedding", wave);
          Tensor perAction = time.dim() == 1 ? wave.unsqueeze(1) : wave;
          Condition condition;
          if (config.family() == PiFamily.PI0) {
            long width = config.expert().width();
            Tensor weight = timeIn.weight().value().narrow(1, width, width);
            Parameter bias = timeIn.bias();
            condition =
                new Condition(
                    null, Functional.linear(perAction, weight, bias == null ? null : bias.value()));
          } else {
            Tensor c = silu(timeOut.apply(silu(timeIn.apply(perAction))));
            trace.see("adarms_cond", c);
            condition = new Condition(expert.modulations(c), null);
          }
          condition.tensors().forEach(scope::keep);
          return condition;
        });
  }

  private static Tensor silu(Tensor x) {
    return Activation.SILU.apply(x);
  }

  /**
   * The velocity of the flow. Sees the stages {@code suffix.embs}, {@code expert.layerN}, {@code
   * expert.final_norm} and {@code velocity}.
   *
   * @param x F32 [B, H, A]
   * @return F32 [B, H, A]
   */
  Tensor velocity(Suffix suffix, Tensor x, Condition condition, Trace trace) {
    return Scope.tensor(
        () -> {
          Tensor tokens = actionTokens(x, condition.bias());
          trace.see("suffix.embs", tokens);
          Tensor output =
              expert
                  .run(
                      tokens,
                      suffix.rotary(),
                      suffix.past(),
                      null,
                      suffix.mask(),
                      null,
                      suffix.aside(),
                      condition.modulations(),
                      GemmaStack.Depth.OUTPUT,
                      trace.under("expert."))
                  .requireOutput();
          Tensor velocity = actionOut.apply(output.to(DType.F32));
          trace.see("velocity", velocity);
          return velocity;
        });
  }

  private Tensor actionTokens(Tensor x, @Nullable Tensor bias) {
    Tensor actions = actionIn.apply(x);
    if (bias == null) {
      return actions;
    }
    Tensor weight = timeIn.weight().value().narrow(1, 0, config.expert().width());
    return timeOut.apply(silu(Functional.linear(actions, weight, null).add(bias)));
  }

  /**
   * Training loss per element [B, H, A]. Sees the stages of {@link #suffix}, {@link #condition} and
   * {@link #velocity}.
   */
  Tensor loss(PiPrefix prefix, Tensor actions, Tensor noise, Tensor time, Trace trace) {
    return Scope.tensor(
        () -> {
          Suffix suffix = suffix(prefix, trace);
          Tensor x = FlowMatching.between(actions, noise, time);
          Tensor velocity = velocity(suffix, x, condition(time, trace), trace);
          return FlowMatching.loss(actions, noise, velocity);
        });
  }

  /** Whether conditions of the same times stay the same: nothing they come from is trained. */
  boolean conditionsAreFixed() {
    boolean mlp =
        timeIn.parameters().values().stream().anyMatch(Parameter::isTrainable)
            || timeOut.parameters().values().stream().anyMatch(Parameter::isTrainable);
    return !mlp && (config.family() == PiFamily.PI0 || expert.modulationsAreFixed());
  }

  /** The tensors that conditions come from: others in their place mean other conditions. */
  List<Tensor> conditionSources() {
    List<Tensor> sources = new ArrayList<>();
    parameters()
        .forEach(
            (name, parameter) -> {
              if (name.contains("time_mlp") || name.contains(".dense.")) {
                sources.add(parameter.value());
              }
            });
    return sources;
  }
}
