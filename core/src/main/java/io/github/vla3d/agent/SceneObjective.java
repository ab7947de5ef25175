package io.github.vla3d.agent;

import io.github.vla3d.policy.Part;
import io.github.vla3d.policy.Policy;
import io.github.vla3d.policy.Prefix;
import io.github.vla3d.policy.ViewTokens;
import io.github.vla3d.scene.CompletionSource;
import io.github.vla3d.scene.Guidance;
import io.github.vla3d.scene.Perception;
import io.github.vla3d.scene.completion.BlockMasks;
import io.github.vla3d.scene.completion.BranchTeacher;
import io.github.vla3d.scene.completion.CompletionHead;
import io.github.vla3d.scene.completion.CompletionQueries;
import io.github.vla3d.scene.completion.HiddenParts;
import io.github.vla3d.scene.completion.HiddenTokens;
import io.github.vla3d.scene.completion.Predictor;
import io.github.vla3d.scene.completion.SelfSupervisedLoss;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.fusion.Fusion;
import io.github.vla3d.scene.instance.InstanceLoss;
import io.github.vla3d.scene.instance.Targets;
import io.github.vla3d.scene.layers.Body;
import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.distributed.BatchShare;
import io.github.vla3d.torch.nn.Parameter;
import io.github.vla3d.torch.nn.Trace;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a stage trains and for what: L = L_act + w_inst L_inst in the first, L_act + w_ssl L_ssl in
 * the second. The loss of the actions is the policy's own, and its gradient reaches every module of
 * the stage through the frozen language model.
 */
public final class SceneObjective implements AutoCloseable {
  /** Sets the noise of tokens' content apart from what else is drawn. */
  private static final long CONTENT = 0x5DEECE66DL;

  private final Agent agent;
  private final ScenePlugin plugin;
  private final Stage stage;
  private final PresetSections.Training weights;
  private final BlockMasks masks;
  private final BatchShare share;
  private final @Nullable BranchTeacher teacher;

  /** In one process. */
  public SceneObjective(Agent agent, Stage stage) {
    this(agent, stage, BatchShare.ALL);
  }

  /**
   * Freezes and unfreezes the parameters as the stage asks, and tells the plug-in that this is the
   * stage that it has got to.
   *
   * @param agent with the plug-in as its memory
   * @param share of each batch that this process has
   * @throws IllegalArgumentException if the agent has no plug-in or one that acts in bf16, or the
   *     stage has nothing to train
   */
  public SceneObjective(Agent agent, Stage stage, BatchShare share) {
    if (!(agent.memory().orElse(null) instanceof ScenePlugin own)) {
      throw new IllegalArgumentException("training: the policy has no scene plug-in");
    }
    if (own.scene().body() != Body.FULL) {
      throw new IllegalArgumentException(
          "training: wanted a plug-in in fp32, got one that acts in bf16");
    }
    SceneConfig config = own.scene().config();
    if (stage == Stage.COMPLETION && !config.variant().completes()) {
      throw new IllegalArgumentException(
          "training: variant A has no second stage (scene.variant is A)");
    }
    this.agent = agent;
    this.plugin = own;
    this.stage = stage;
    own.through(stage);
    this.weights = PresetSections.training(own.preset());
    this.masks = new BlockMasks(config.ssl(), share);
    this.share = share;
    Policy policy = agent.policy();
    policy.network().freeze(name -> true);
    policy.parameters(Part.ACTION_EXPERT).keySet().forEach(this::unfreezeExpert);
    own.scene().freeze(name -> true);
    own.scene().unfreeze(stage::trains);
    Predictor predictor = own.scene().predictor();
    this.teacher =
        stage == Stage.COMPLETION
                && predictor != null
                && config.ssl().teacher() == SceneConfig.Teacher.BRANCH
            ? new BranchTeacher(predictor, config, Body.FULL)
            : null;
  }

  private void unfreezeExpert(String name) {
    agent.policy().network().unfreeze(name::equals);
  }

  /**
   * What the processes that train together must have alike: action expert, plug-in and its moving
   * average. The rest of the policy is that of its files.
   */
  public Map<String, Parameter> tensors() {
    Map<String, Parameter> all = new LinkedHashMap<>();
    if (teacher != null) {
      teacher.predictor().tensors().forEach((name, p) -> all.put("teacher." + name, p));
    }
    plugin.scene().tensors().forEach((name, p) -> all.put("scene." + name, p));
    // Last, because gradients reach it first.
    expert().forEach((name, p) -> all.put("expert." + name, p));
    return all;
  }

  /** The parameters of the action expert that are trained. */
  public Map<String, Parameter> expert() {
    return agent.policy().parameters(Part.ACTION_EXPERT);
  }

  /** The parameters of the plug-in that are trained. */
  public Map<String, Parameter> trained() {
    return plugin.scene().trainable();
  }

  /** The moving average of the predictor, where the configuration has one. */
  public Optional<BranchTeacher> teacher() {
    return Optional.ofNullable(teacher);
  }

  /**
   * What labels know of a batch.
   *
   * @param targets objects, in the pictures that the tower sees and in the order of the view tokens
   * @param completion points of hidden parts; null for none, as in the first stage
   * @param parts what is hidden of each object, where a head of the plug-in learns it; null else
   */
  public record Labels(
      Targets targets, @Nullable CompletionQueries completion, @Nullable HiddenParts parts) {
    /** Without parts. */
    public Labels(Targets targets, @Nullable CompletionQueries completion) {
      this(targets, completion, null);
    }
  }

  /**
   * Losses of the batch of which this process has a share; the same in all processes.
   *
   * @param terms by name, each [], unweighted
   * @param total [] what is differentiated: gradients of all processes sum to that of the batch
   * @param pairs probes that answer for an object
   */
  public record Losses(Map<String, Tensor> terms, Tensor total, int pairs) {}

  /**
   * The losses of a batch, in the caller's scope.
   *
   * @param batch the own rows: observations in the frame of the robot's base, with their actions
   * @param labels made of the same rows
   * @param noise standard normal [D B, H, A]: D draws of the flow for each sample, those of one
   *     sample side by side
   * @param time [D B]
   * @param random draws what is hidden in the second stage, for all rows, the same in all processes
   */
  public Losses of(
      TrainingBatch batch, Labels labels, Tensor noise, Tensor time, Generator random) {
    return of(batch, labels, noise, time, random, Trace.NONE);
  }

  /**
   * The same with a look at what comes up on the way.
   *
   * @param trace sees what {@link io.github.vla3d.scene.SceneModule} shows
   */
  public Losses of(
      TrainingBatch batch,
      Labels labels,
      Tensor noise,
      Tensor time,
      Generator random,
      Trace trace) {
    Policy policy = agent.policy();
    ViewTokens views = Autograd.noGrad(() -> policy.encodeViews(batch.observation().views()));
    Map<String, Tensor> terms = new LinkedHashMap<>();
    Optional<ScenePlugin.Walk> walk;
    try (@Nullable Generator content = forContent(random)) {
      walk =
          plugin.walk(
              batch.observation(),
              views,
              new Guidance(labels.targets(), source(labels), content, share),
              trace);
    }
    int draws = Math.toIntExact(noise.size(0) / batch.actions().size(0));
    Prefix prefix =
        policy.repeat(
            Agent.prefix(
                policy, batch.observation(), views, walk.flatMap(ScenePlugin.Walk::memory)),
            draws);
    Tensor actions = batch.actions().repeatInterleave(draws, 0);
    Tensor total = batch.mean(policy.loss(prefix, actions, noise, time), share);
    terms.put("action", total);
    int pairs = 0;
    if (walk.isPresent()) {
      Perception perception = walk.get().perception();
      pairs =
          perception.match() == null ? 0 : Math.toIntExact(share.sum(perception.match().count()));
      total =
          total.add(
              stage == Stage.INSTANCES
                  ? instances(walk.get(), labels, terms)
                  : completion(walk.get(), batch, labels, random, terms, trace));
    }
    return new Losses(terms, total, pairs);
  }

  /**
   * For {@code tokens.contentNoise}, without a number taken from the others: a training with it
   * hides the same tokens and draws the same times as one without. Null if there is none.
   */
  private @Nullable Generator forContent(Generator random) {
    if (!(plugin.scene().config().tokens().contentNoise() > 0)) {
      return null;
    }
    try (Generator same = new Generator(0)) {
      long seed =
          Scope.call(
              scope -> {
                same.state(random.state());
                return same.randint(0, Long.MAX_VALUE, 1).itemLong();
              });
      return new Generator(seed ^ CONTENT);
    }
  }

  private @Nullable CompletionSource source(Labels labels) {
    CompletionQueries queries = labels.completion();
    return stage == Stage.INSTANCES || queries == null ? null : CompletionSource.of(queries);
  }

  private Tensor instances(ScenePlugin.Walk walk, Labels labels, Map<String, Tensor> terms) {
    Perception perception = walk.perception();
    if (perception.match() == null) {
      throw new IllegalStateException("training without labels");
    }
    InstanceLoss loss =
        InstanceLoss.of(
            perception.instances(),
            labels.targets(),
            perception.match(),
            walk.input().present(),
            plugin.scene().config(),
            share);
    InstanceLoss.Layer last = loss.layers().get(loss.layers().size() - 1);
    last.byName().forEach((name, value) -> terms.put("instance." + name, value));
    terms.put("instance", loss.total());
    return loss.total().mul(weights.instance());
  }

  private Tensor completion(
      ScenePlugin.Walk walk,
      TrainingBatch batch,
      Labels labels,
      Generator random,
      Map<String, Tensor> terms,
      Trace trace) {
    Perception perception = walk.perception();
    BlockMasks.Drawn drawn =
        masks.draw(
            perception.memory().placement(),
            (int) walk.input().views(),
            (int) walk.input().rows(),
            (int) walk.input().columns(),
            random);
    HiddenTokens hidden = HiddenTokens.of(drawn.masked(), drawn.supervised());
    SelfSupervisedLoss loss =
        plugin
            .scene()
            .selfSupervise(
                walk.input(),
                perception,
                visible(walk, batch, hidden),
                hidden,
                teacher == null ? null : teacher.predictor(),
                trace,
                share);
    terms.put("ssl.recon", loss.recon());
    terms.put("ssl.cos", loss.cos());
    terms.put("ssl.var", loss.var());
    terms.put("ssl.target_var", loss.targetVar());
    terms.put("ssl", loss.total());
    Tensor total = loss.total().mul(weights.selfSupervised());
    if (plugin.scene().completionHead() == null) {
      return total;
    }
    HiddenParts parts = labels.parts();
    if (parts == null) {
      throw new IllegalStateException("training a head of completion points without hidden parts");
    }
    CompletionHead.Loss head = plugin.scene().completionHeadLoss(perception, parts, share);
    terms.put("head.points", head.points());
    terms.put("head.share", head.share());
    terms.put("head", head.total());
    // Its gradient ends at the head, and the optimiser does not see scales: it needs no weight.
    return total.add(head.total());
  }

  /** The context's tokens: those of the walk, or of pictures without the hidden patches. */
  private Fusion.Embedded visible(ScenePlugin.Walk walk, TrainingBatch batch, HiddenTokens hidden) {
    Perception perception = walk.perception();
    if (plugin.scene().config().ssl().mask() == SceneConfig.Mask.TOKENS) {
      return perception.embedded();
    }
    Policy policy = agent.policy();
    return Autograd.noGrad(
        () -> {
          Tensor tokens =
              policy
                  .encodeViews(
                      HiddenPatches.of(batch.observation().views(), hidden.masked(), policy.grid()))
                  .tokens()
                  .view(walk.input().tokens().shape());
          return plugin.scene().embed(tokens, perception.memory().placement());
        });
  }

  /** To be called after every step of the optimiser. */
  public void stepped() {
    Predictor predictor = plugin.scene().predictor();
    if (teacher != null && predictor != null) {
      Scope.run(() -> teacher.update(predictor));
    }
  }

  @Override
  public void close() {
    if (teacher != null) {
      teacher.close();
    }
  }
}
