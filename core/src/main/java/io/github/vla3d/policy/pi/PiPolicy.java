package io.github.vla3d.policy.pi;

import io.github.vla3d.policy.Instruction;
import io.github.vla3d.policy.MemoryBlock;
import io.github.vla3d.policy.Part;
import io.github.vla3d.policy.Policy;
import io.github.vla3d.policy.PolicyException;
import io.github.vla3d.policy.Prefix;
import io.github.vla3d.policy.RealTimeChunk;
import io.github.vla3d.policy.Sampling;
import io.github.vla3d.policy.TokenGrid;
import io.github.vla3d.policy.View;
import io.github.vla3d.policy.ViewTokens;
import io.github.vla3d.policy.gemma.Cache;
import io.github.vla3d.policy.gemma.GemmaStack;
import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Store;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.nn.Parameter;
import io.github.vla3d.torch.nn.Trace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** pi0 or pi0.5. */
public final class PiPolicy implements Policy {
  /** How much of a prefix is computed. */
  public enum Extent {
    /** What results depend on. */
    NEEDED,
    /**
     * Also absent cameras, padding of prompts, and the language model's last layer and norm, so
     * that every tensor of a reference can be compared.
     */
    ALL
  }

  private final PiNetwork network;
  private final PiConfig config;
  private @Nullable Schedule schedule;

  /** The network is closed with the policy. */
  public PiPolicy(PiNetwork network) {
    this.network = network;
    this.config = network.config();
  }

  public PiConfig config() {
    return config;
  }

  @Override
  public List<String> cameras() {
    return config.cameras();
  }

  @Override
  public TokenGrid grid() {
    return config.vision().grid();
  }

  @Override
  public int tokenWidth() {
    return config.language().width();
  }

  @Override
  public int horizon() {
    return config.robot().horizon();
  }

  @Override
  public int actionWidth() {
    return config.robot().actionWidth();
  }

  @Override
  public PiNetwork network() {
    return network;
  }

  @Override
  public Map<String, Parameter> parameters(Part part) {
    return network.parameters(part);
  }

  // ---------------------------------------- views

  @Override
  public ViewTokens encodeViews(List<View> views) {
    return encodeViews(views, Extent.NEEDED);
  }

  /** {@link #encodeViews(List)} that can also compute what nobody reads. */
  public ViewTokens encodeViews(List<View> views, Extent extent) {
    check(views);
    return Scope.call(
        scope -> {
          int v = views.size();
          long b = views.get(0).pixels().size(0);
          Tensor present = Tensors.stack(1, views.stream().map(View::present).toList());
          Tensor pixels = Tensors.stack(1, views.stream().map(View::pixels).toList()).flatten(0, 1);
          Tensor index = extent == Extent.ALL ? null : someOf(present.flatten(0, 1));
          Tensor tokens;
          if (index == null) {
            tokens = network.encode(pixels, Trace.NONE);
          } else {
            Tensor some = network.encode(pixels.indexSelect(0, index), Trace.NONE);
            tokens =
                Tensors.zeros(some.dtype(), some.device(), b * v, some.size(1), some.size(2))
                    .indexAdd(0, index, some);
          }
          tokens = tokens.view(b, v, tokens.size(1), tokens.size(2));
          return new ViewTokens(
              views.stream().map(View::camera).toList(),
              grid(),
              scope.keep(tokens),
              scope.keep(present));
        });
  }

  private void check(List<View> views) {
    if (views.isEmpty()) {
      throw new PolicyException("views: wanted some of " + cameras() + ", got none");
    }
    long batch = views.get(0).pixels().size(0);
    Set<String> seen = new HashSet<>();
    for (View view : views) {
      if (!cameras().contains(view.camera()) || !seen.add(view.camera())) {
        throw new PolicyException(
            "views: wanted each once of " + cameras() + ", got '" + view.camera() + "'");
      }
      long[] wanted = {batch, 3, config.vision().image(), config.vision().image()};
      if (!Arrays.equals(view.pixels().shape(), wanted)) {
        throw new PolicyException(
            "camera '%s': wanted pictures %s, got %s"
                .formatted(view.camera(), Arrays.toString(wanted), view.pixels()));
      }
    }
  }

  /** I64: the places that are true; null if all are. */
  private static @Nullable Tensor someOf(Tensor flags) {
    boolean[] values = flags.toBooleans();
    List<Long> places = new ArrayList<>();
    for (int i = 0; i < values.length; i++) {
      if (values[i]) {
        places.add((long) i);
      }
    }
    if (places.isEmpty()) {
      throw new PolicyException("views: wanted a camera in at least one sample, got none");
    }
    return places.size() == values.length
        ? null
        : Tensors.of(places.stream().mapToLong(Long::longValue).toArray(), places.size())
            .to(flags.device());
  }

  // ---------------------------------------- prefix

  @Override
  public Prefix prefix(ViewTokens views, Instruction instruction, @Nullable Tensor state) {
    return prefix(views, instruction, state, Extent.NEEDED, Trace.NONE);
  }

  /**
   * {@inheritDoc}
   *
   * <p>A block behind the prefix goes through the language model together with it, so that weights
   * are read once. It goes by itself where it is being trained, for the prefix needs no gradient,
   * and where it is read through gates, so that closed ones change no bit.
   */
  @Override
  public Prefix prefix(
      ViewTokens views, Instruction instruction, @Nullable Tensor state, MemoryBlock memory) {
    check(memory, instruction.ids().size(0));
    boolean apart = memory.tokens().requiresGrad() || memory.gates() != null;
    if (memory.place() == MemoryBlock.Place.BEHIND && apart) {
      return remember(prefix(views, instruction, state), memory);
    }
    return prefix(views, instruction, state, memory, Extent.NEEDED, Trace.NONE);
  }

  @Override
  public int gatedLayers() {
    return config.expert().depth();
  }

  /**
   * {@link #prefix(ViewTokens, Instruction, Tensor)} that can also compute what nobody reads. Sees
   * the stages {@code embs} and {@code pad_mask}, and those of the language model under {@code
   * lm.}.
   */
  public Prefix prefix(
      ViewTokens views,
      Instruction instruction,
      @Nullable Tensor state,
      Extent extent,
      Trace trace) {
    return prefix(views, instruction, state, null, extent, trace);
  }

  private Prefix prefix(
      ViewTokens views,
      Instruction instruction,
      @Nullable Tensor state,
      @Nullable MemoryBlock memory,
      Extent extent,
      Trace trace) {
    check(views, instruction);
    return Scope.call(
        scope -> {
          Tensor padded = state(state, instruction.ids().size(0));
          List<Tensor> tokens = new ArrayList<>();
          List<Tensor> valid = new ArrayList<>();
          boolean full = extent == Extent.ALL;
          for (int v = 0; v < views.cameras().size(); v++) {
            Tensor present = views.present().select(1, v);
            if (full || present.any().itemBoolean()) {
              tokens.add(views.tokens().select(1, v));
              valid.add(present.unsqueeze(1).expand(-1, views.grid().tokens()));
            }
          }
          long length = full ? instruction.ids().size(1) : longest(instruction.valid());
          tokens.add(network.embed(instruction.ids().narrow(1, 0, length)));
          valid.add(instruction.valid().narrow(1, 0, length));
          Tensor x = Tensors.cat(1, tokens);
          Tensor there = Tensors.cat(1, valid);
          trace.see("embs", x);
          trace.see("pad_mask", there);
          Tensor some = there.all().itemBoolean() ? null : there;
          PiPrefix prefix =
              memory != null && memory.place() == MemoryBlock.Place.BEHIND
                  ? network.prefixAndMemory(x, some, memory, padded)
                  : network.prefix(
                      x,
                      some,
                      memory,
                      padded,
                      full ? GemmaStack.Depth.OUTPUT : GemmaStack.Depth.KEYS_AND_VALUES,
                      trace.under("lm."));
          prefix.cache().keptBy(scope);
          scope.keep(prefix.next());
          if (padded != null) {
            scope.keep(padded);
          }
          return prefix;
        });
  }

  private void check(ViewTokens views, Instruction instruction) {
    long batch = instruction.ids().size(0);
    if (views.tokens().size(0) != batch || views.tokens().size(3) != tokenWidth()) {
      throw new PolicyException(
          "view tokens: wanted [%d, V, N, %d] beside the prompts, got %s"
              .formatted(batch, tokenWidth(), views.tokens()));
    }
    if (instruction.ids().size(1) > config.promptLength()) {
      throw new PolicyException(
          "prompt: wanted at most %d tokens, got %d"
              .formatted(config.promptLength(), instruction.ids().size(1)));
    }
    long[] ids = instruction.ids().toLongs();
    for (long id : ids) {
      if (id < 0 || id >= config.vocabulary()) {
        throw new PolicyException(
            "prompt: wanted ids below " + config.vocabulary() + ", got " + id);
      }
    }
  }

  private @Nullable Tensor state(@Nullable Tensor state, long batch) {
    if (config.family() == PiFamily.PI05) {
      return null;
    }
    if (state == null) {
      throw new PolicyException("pi0: wanted a state, got none");
    }
    int robot = config.robot().state();
    int width = config.robot().stateWidth();
    boolean fits =
        state.dim() == 2
            && state.size(0) == batch
            && (state.size(1) == robot || state.size(1) == width)
            && state.dtype().isFloating();
    if (!fits) {
      throw new PolicyException(
          "state: wanted floating [%1$d, %2$d], or [%1$d, %3$d] padded with zeros, got %4$s"
              .formatted(batch, robot, width, state));
    }
    if (!state.isFinite().all().itemBoolean()) {
      throw new PolicyException("state: wanted finite numbers, got NaN or infinity");
    }
    return Functional.pad(state.to(DType.F32), 0, 0, width - state.size(1));
  }

  /** 1 + the last place that is true in any row, at least 1. */
  private static long longest(Tensor valid) {
    boolean[] values = valid.any(false, 0).toBooleans();
    int length = values.length;
    while (length > 1 && !values[length - 1]) {
      length--;
    }
    return length;
  }

  @Override
  public Prefix remember(Prefix prefix, MemoryBlock memory) {
    PiPrefix mine = mine(prefix);
    check(memory, mine.batch());
    if (memory.place() == MemoryBlock.Place.WITHIN) {
      throw new PolicyException(
          "memory: wanted a block behind the prefix, got one within: the prefix is computed");
    }
    return network.remember(mine, memory);
  }

  private void check(MemoryBlock memory, long batch) {
    if (memory.tokens().size(0) != batch || memory.tokens().size(2) != tokenWidth()) {
      throw new PolicyException(
          "memory: wanted [%d, N, %d], got %s".formatted(batch, tokenWidth(), memory.tokens()));
    }
    Tensor gates = memory.gates();
    if (gates != null && !Arrays.equals(gates.shape(), new long[] {gatedLayers()})) {
      throw new PolicyException(
          "memory: wanted a gate for each of %d layers, got %s".formatted(gatedLayers(), gates));
    }
  }

  @Override
  public Prefix repeat(Prefix prefix, int times) {
    PiPrefix mine = mine(prefix);
    if (times < 1) {
      throw new PolicyException("prefix: wanted each sample at least once, got " + times);
    }
    if (times == 1) {
      return mine;
    }
    return Scope.call(
        scope -> {
          Tensor state = mine.state();
          PiPrefix.Gated gated = mine.gated();
          return new PiPrefix(
              mine.cache().repeat(times).keptBy(scope),
              scope.keep(mine.next().repeatInterleave(times, 0)),
              state == null ? null : scope.keep(state.repeatInterleave(times, 0)),
              gated == null
                  ? null
                  : new PiPrefix.Gated(gated.cache().repeat(times).keptBy(scope), gated.gates()));
        });
  }

  /**
   * A prefix of keys and values that were computed before, in the caller's scope.
   *
   * @param cache as {@link #cache} gave it
   * @param next I64 [B]: tokens that there are
   * @param state as {@link #prefix(ViewTokens, Instruction, Tensor)} takes it
   */
  public Prefix prefix(Cache cache, Tensor next, @Nullable Tensor state) {
    if (cache.layers().size() != config.language().depth() || next.size(0) != cache.batch()) {
      throw new PolicyException(
          "prefix: wanted %d layers and as many positions as samples, got %d, %s and %d"
              .formatted(config.language().depth(), cache.layers().size(), next, cache.batch()));
    }
    return new PiPrefix(cache, next, state(state, cache.batch()), null);
  }

  /** Keys and values of a prefix of this policy. */
  public Cache cache(Prefix prefix) {
    return mine(prefix).cache();
  }

  private static PiPrefix mine(Prefix prefix) {
    if (prefix instanceof PiPrefix mine) {
      return mine;
    }
    throw new PolicyException(
        "prefix: wanted one of this policy, got " + prefix.getClass().getSimpleName());
  }

  // ---------------------------------------- actions

  @Override
  public Tensor sample(Prefix prefix, Tensor noise, Sampling sampling) {
    PiPrefix mine = mine(prefix);
    chunk("noise", noise, mine.batch());
    return Scope.tensor(
        () -> Autograd.noGrad(() -> integrate(mine, noise.to(DType.F32), sampling)));
  }

  private Tensor integrate(PiPrefix prefix, Tensor noise, Sampling sampling) {
    if (noise.size(0) == 1) {
      network.pack(noise.size(1));
    }
    Given given = given(sampling.realTime(), noise);
    Tensor pull = pull(sampling.realTime(), noise);
    PiNetwork.Condition conditions = conditions(sampling, noise.device());
    PiNetwork.Suffix suffix = network.suffix(prefix, Trace.NONE);
    float[] times = sampling.times();
    Tensor x = noise;
    for (int s = 0; s < times.length; s++) {
      int step = s;
      Tensor now = x;
      x =
          Scope.tensor(
              () -> {
                Tensor at = given == null ? now : given.put(now);
                sampling.trace().see("x_t.step" + step, at);
                PiNetwork.Condition condition = conditions.at(step);
                if (given != null) {
                  condition = condition.replaced(given.mask(), conditions.at(times.length));
                }
                Tensor v = network.velocity(suffix, at, condition, Trace.NONE);
                if (sampling.realTime() instanceof RealTimeChunk.Guided guided && pull != null) {
                  v = guide(v, at, guided, pull, times[step]);
                }
                sampling.trace().see("v_t.step" + step, v);
                Tensor next = at.add(v.mul(-1.0 / times.length));
                return given == null ? next : given.put(next);
              });
    }
    return x;
  }

  /** v - g w (previous - (x - t v)), with the weights w of the steps and g of the time. */
  private static Tensor guide(
      Tensor v, Tensor x, RealTimeChunk.Guided guided, Tensor pull, double time) {
    Tensor estimate = x.sub(v.mul(time));
    Tensor error = fitted(guided.previous(), x).sub(estimate).mul(pull);
    return v.sub(error.mul(guided.weight(time)));
  }

  private static @Nullable Tensor pull(@Nullable RealTimeChunk realTime, Tensor noise) {
    return realTime instanceof RealTimeChunk.Guided guided
        ? guided.weights((int) noise.size(1)).to(noise.device()).unsqueeze(-1)
        : null;
  }

  /** Actions that are given, and where. */
  private record Given(Tensor actions, Tensor mask) {
    Tensor put(Tensor x) {
      return Tensors.where(mask, actions, x);
    }
  }

  private @Nullable Given given(@Nullable RealTimeChunk realTime, Tensor noise) {
    if (!(realTime instanceof RealTimeChunk.Trained trained) || trained.delay() == 0) {
      return null;
    }
    if (trained.delay() > config.realTimeDelay() || trained.delay() >= horizon()) {
      throw new PolicyException(
          "real-time chunking: wanted a delay of at most %d, for which the checkpoint was trained, got %d"
              .formatted(Math.min(config.realTimeDelay(), horizon() - 1), trained.delay()));
    }
    Tensor mask = Tensors.arange(horizon()).lt(trained.delay()).unsqueeze(-1).to(noise.device());
    return new Given(fitted(trained.previous(), noise), mask);
  }

  /** Previous actions padded with zeros, or cut, to the shape of a chunk. */
  private static Tensor fitted(Tensor previous, Tensor chunk) {
    if (previous.size(0) != chunk.size(0) || previous.size(2) > chunk.size(2)) {
      throw new PolicyException(
          "real-time chunking: wanted previous actions [%d, n, up to %d], got %s"
              .formatted(chunk.size(0), chunk.size(2), previous));
    }
    long n = Math.min(previous.size(1), chunk.size(1));
    return Functional.pad(
        previous.narrow(1, 0, n).to(DType.F32),
        0,
        0,
        chunk.size(2) - previous.size(2),
        0,
        chunk.size(1) - n);
  }

  // ---------------------------------------- conditions of all steps

  /** Conditions of a sampler, kept between calls while the weights stay the same. */
  private record Schedule(
      int steps,
      Sampling.Clock clock,
      List<Tensor> sources,
      PiNetwork.Condition conditions,
      Store store) {
    boolean fits(Sampling sampling, List<Tensor> now) {
      if (sampling.steps() != steps || sampling.clock() != clock || now.size() != sources.size()) {
        return false;
      }
      for (int i = 0; i < now.size(); i++) {
        if (now.get(i) != sources.get(i)) {
          return false;
        }
      }
      return true;
    }
  }

  /** Those of all steps, then that of time 0, which given actions have. */
  private PiNetwork.Condition conditions(Sampling sampling, Device device) {
    float[] values = Arrays.copyOf(sampling.times(), sampling.steps() + 1);
    Tensor times = Tensors.of(values, values.length).to(device);
    if (!network.conditionsAreFixed()) {
      return network.condition(times, Trace.NONE);
    }
    synchronized (this) {
      List<Tensor> sources = network.conditionSources();
      Schedule known = schedule;
      if (known == null || !known.fits(sampling, sources)) {
        // The one before is left to the garbage collector: another thread may be sampling with it.
        Store store = new Store();
        PiNetwork.Condition fresh = network.condition(times, Trace.NONE);
        fresh.tensors().forEach(store::put);
        known = new Schedule(sampling.steps(), sampling.clock(), sources, fresh, store);
        schedule = known;
      }
      return known.conditions();
    }
  }

  // ---------------------------------------- training

  @Override
  public Tensor loss(Prefix prefix, Tensor actions, Tensor noise, Tensor time) {
    return loss(prefix, actions, noise, time, Trace.NONE);
  }

  /** {@link #loss(Prefix, Tensor, Tensor, Tensor)} that shows its stages. */
  public Tensor loss(Prefix prefix, Tensor actions, Tensor noise, Tensor time, Trace trace) {
    PiPrefix mine = mine(prefix);
    chunk("actions", actions, mine.batch());
    chunk("noise", noise, mine.batch());
    boolean perAction = time.dim() == 2 && time.size(1) == horizon();
    if (time.size(0) != mine.batch() || !(time.dim() == 1 || perAction)) {
      throw new PolicyException(
          "time: wanted [%1$d] or [%1$d, %2$d], got %3$s".formatted(mine.batch(), horizon(), time));
    }
    return Scope.tensor(
        () ->
            network.loss(
                mine, actions.to(DType.F32), noise.to(DType.F32), time.to(DType.F32), trace));
  }

  /**
   * One evaluation of the velocity.
   *
   * @param x [B, H, A]
   * @param time [B]
   */
  public Tensor velocity(Prefix prefix, Tensor x, Tensor time, Trace trace) {
    PiPrefix mine = mine(prefix);
    chunk("x", x, mine.batch());
    return Scope.tensor(
        () ->
            network.velocity(
                network.suffix(mine, trace), x, network.condition(time, trace), trace));
  }

  private void chunk(String what, Tensor x, long batch) {
    long[] wanted = {batch, horizon(), actionWidth()};
    if (!Arrays.equals(x.shape(), wanted) || !x.dtype().isFloating()) {
      throw new PolicyException(
          what + ": wanted floating " + Arrays.toString(wanted) + ", got " + x);
    }
  }

  @Override
  public void close() {
    Schedule known = schedule;
    if (known != null) {
      known.store().close();
    }
    network.close();
  }
}
