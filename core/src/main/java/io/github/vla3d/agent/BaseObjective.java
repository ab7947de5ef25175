package io.github.vla3d.agent;

import io.github.vla3d.policy.Part;
import io.github.vla3d.policy.Prefix;
import io.github.vla3d.policy.ViewTokens;
import io.github.vla3d.policy.gemma.Cache;
import io.github.vla3d.policy.pi.PiPolicy;
import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.distributed.BatchShare;
import io.github.vla3d.torch.nn.Linear;
import io.github.vla3d.torch.nn.LowRank;
import io.github.vla3d.torch.nn.Module;
import io.github.vla3d.torch.nn.Parameter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What training without the plug-in trains and for what: the policy's own loss, and for a language
 * model that is trained from nothing a second one that asks which tokens show the things that the
 * instruction names. It is asked of what the action expert reads of the last layer, through a map
 * that is thrown away afterwards.
 */
public final class BaseObjective implements AutoCloseable {
  /** Kinds of things that grounding asks for: what is to be moved, where to, and the hand. */
  public static final int KINDS = 3;

  private static final String POLICY = "policy.";
  private static final String BESIDE = "beside.";

  /** Shares of pixels are small, so a token that shows a thing counts this much. */
  private static final double RARE = 9;

  private final Agent agent;
  private final PresetSections.Base recipe;
  private final BatchShare share;
  private final Map<String, LowRank> adapters = new LinkedHashMap<>();
  private final Model model;
  private final @Nullable Linear heads;

  /** All that is saved of a training: the policy and what is trained beside it. */
  private static final class Model extends Module {
    Model(Agent agent, Map<String, LowRank> adapters, @Nullable Linear heads) {
      register("policy", agent.policy().network());
      adapters.forEach((name, adapter) -> register(BESIDE + name, adapter));
      if (heads != null) {
        register("grounding", heads);
      }
    }
  }

  /**
   * Freezes and unfreezes the parameters as the recipe asks.
   *
   * @param agent without memory
   * @param seed of what is trained beside the policy
   * @param share of each batch that this process has
   * @throws IllegalArgumentException if the agent has a plug-in
   */
  public BaseObjective(Agent agent, PresetSections.Base recipe, long seed, BatchShare share) {
    if (agent.memory().isPresent()) {
      throw new IllegalArgumentException("training: stage base trains a policy without a plug-in");
    }
    this.agent = agent;
    this.recipe = recipe;
    this.share = share;
    Module network = agent.policy().network();
    network.freeze(name -> true);
    switch (recipe.extent()) {
      case FULL -> network.unfreeze(name -> true);
      case EXPERT -> {
        var expert = agent.policy().parameters(Part.ACTION_EXPERT);
        network.unfreeze(expert::containsKey);
      }
      case LORA -> {
        network.unfreeze(name -> !name.startsWith("paligemma_with_expert."));
        adapt("", network);
      }
    }
    boolean grounds = recipe.grounding() > 0 && recipe.extent() == PresetSections.Extent.FULL;
    PiPolicy pi = agent.pi();
    this.heads =
        grounds
            ? new Linear(
                (long) pi.config().language().keyHeads() * pi.config().language().headWidth(),
                KINDS)
            : null;
    try (Generator random = new Generator(seed)) {
      adapters.values().forEach(adapter -> adapter.initialise(random));
      if (heads != null) {
        heads.initialise(random);
      }
    }
    this.model = new Model(agent, adapters, heads);
  }

  /** Adapts the linear maps of both transformers. */
  private void adapt(String path, Module module) {
    module
        .children()
        .forEach(
            (name, child) -> {
              String here = path.isEmpty() ? name : path + "." + name;
              if (!(child instanceof Linear linear)) {
                adapt(here, child);
              } else if (here.contains("_model.layers.") || here.contains("expert.model.layers.")) {
                long[] shape = linear.weight().shape();
                LowRank adapter =
                    new LowRank(shape[1], shape[0], recipe.rank(), recipe.alpha() / recipe.rank());
                linear.beside(adapter);
                adapters.put(here, adapter);
              }
            });
  }

  /** All parameters: the policy's, and those beside it. */
  public Module model() {
    return model;
  }

  /** The parameters that are trained. */
  public Map<String, Parameter> trained() {
    return model.trainable();
  }

  /** Whether the language model is asked which tokens show what. */
  public boolean grounds() {
    return heads != null;
  }

  /**
   * Losses of the batch of which this process has a share; the same in all processes.
   *
   * @param terms by name, each [], unweighted
   * @param total [] what is differentiated: gradients of all processes sum to that of the batch
   */
  public record Losses(Map<String, Tensor> terms, Tensor total) {}

  /**
   * The losses of a batch, in the caller's scope.
   *
   * @param batch the own rows
   * @param random draws times and noises of all rows, the same in all processes
   */
  public Losses of(BaseBatch batch, Generator random) {
    return of(batch, isFrozen() ? Autograd.noGrad(() -> read(batch)) : read(batch), random);
  }

  /** Whether all that the action expert reads stays the same, and so may be kept. */
  public boolean isFrozen() {
    return recipe.extent() == PresetSections.Extent.EXPERT;
  }

  /** What the vision-language model makes of a batch, in the caller's scope. */
  public Prefix read(BaseBatch batch) {
    ViewTokens views = agent.policy().encodeViews(batch.views());
    return agent.policy().prefix(views, batch.instruction(), batch.state());
  }

  /** Keys and values of {@link #read}. */
  public Cache cache(Prefix prefix) {
    return agent.pi().cache(prefix);
  }

  /** A prefix of keys and values that were kept; those of prompts may be filled up. */
  public Prefix prefix(BaseBatch batch, Cache cache) {
    Tensor valid = cache.valid();
    if (valid == null) {
      throw new IllegalArgumentException("prefix: wanted to know which tokens there are");
    }
    return agent.pi().prefix(cache, valid.to(DType.I64).sum(false, 1), batch.state());
  }

  /**
   * The losses of a batch that was read before.
   *
   * @param once what {@link #read} made of it
   */
  public Losses of(BaseBatch batch, Prefix once, Generator random) {
    PiPolicy policy = agent.pi();
    int draws = recipe.draws();
    Prefix prefix = policy.repeat(once, draws);
    Tensor actions = batch.actions().repeatInterleave(draws, 0);
    Tensor weight = batch.weight().repeatInterleave(draws, 0);
    Tensor noise = share.randn(random, actions.dtype(), actions.shape()).to(actions.device());
    int all = Math.toIntExact(actions.size(0) * share.processes());
    Tensor time = share.rows(agent.times(random, all));
    Tensor each = policy.loss(prefix, actions, noise, time).narrow(-1, 0, batch.width());
    Tensor action =
        share.sum(each.mean(false, -1).mul(weight).sum()).div(share.sum(weight.sum()).clampMin(1));
    Map<String, Tensor> terms = new LinkedHashMap<>();
    terms.put("action", action);
    Tensor total = action;
    Tensor truth = batch.grounding();
    if (heads != null && truth != null) {
      Tensor grounding = grounding(policy.cache(once), truth);
      terms.put("grounding", grounding);
      total = total.add(grounding.mul(recipe.grounding()));
    }
    return new Losses(terms, total);
  }

  /** Cross entropy of the shares, in which tokens that show a thing count more. */
  private Tensor grounding(Cache cache, Tensor truth) {
    Linear map = heads;
    if (map == null) {
      throw new IllegalStateException("no grounding");
    }
    return Scope.tensor(
        () -> {
          List<Cache.Layer> layers = cache.layers();
          Tensor values = layers.get(layers.size() - 1).value().transpose(1, 2).flatten(2, 3);
          Tensor logits = map.apply(values.narrow(1, 0, truth.size(1)).to(truth.dtype()));
          Tensor entropy = Functional.binaryCrossEntropyWithLogits(logits, truth);
          Tensor weight = truth.mul(RARE).add(1);
          return share.mean(entropy.mul(weight));
        });
  }

  /**
   * Writes a folder that {@link Agent#load} reads, with what was learned beside the maps put into
   * them.
   *
   * @param weights of {@link #model} by name
   */
  public void save(Path folder, Map<String, Tensor> weights) {
    Scope.run(
        () -> {
          Map<String, Tensor> policy = new LinkedHashMap<>();
          weights.forEach(
              (name, value) -> {
                if (name.startsWith(POLICY)) {
                  policy.put(name.substring(POLICY.length()), value);
                }
              });
          adapters.forEach(
              (name, adapter) -> {
                Tensor a = weights.get(BESIDE + name + ".a");
                Tensor b = weights.get(BESIDE + name + ".b");
                if (a == null || b == null) {
                  throw new IllegalStateException(name);
                }
                policy.computeIfPresent(
                    name + ".weight", (n, weight) -> adapter.merged(weight, a, b));
              });
          agent.save(folder, policy);
        });
  }

  /** Frees what was trained beside the policy, and takes it out of the policy's maps. */
  @Override
  public void close() {
    release(agent.policy().network());
    adapters.values().forEach(Module::close);
    if (heads != null) {
      heads.close();
    }
  }

  private static void release(Module module) {
    for (Module child : module.children().values()) {
      if (child instanceof Linear linear) {
        linear.beside(null);
      } else {
        release(child);
      }
    }
  }
}
