package io.github.vla3d.training;

import io.github.vla3d.agent.Agent;
import io.github.vla3d.agent.PresetSections;
import io.github.vla3d.agent.SceneObjective;
import io.github.vla3d.agent.ScenePlugin;
import io.github.vla3d.agent.Stage;
import io.github.vla3d.agent.TrainingBatch;
import io.github.vla3d.data.ActionChunks;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.SampleOrder;
import io.github.vla3d.datasets.Datasets;
import io.github.vla3d.perception.LabelledObject;
import io.github.vla3d.perception.OracleTeacher;
import io.github.vla3d.perception.Teacher;
import io.github.vla3d.policy.Policy;
import io.github.vla3d.policy.Prefix;
import io.github.vla3d.policy.View;
import io.github.vla3d.policy.ViewTokens;
import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.distributed.BatchShare;
import io.github.vla3d.torch.nn.Parameter;
import io.github.vla3d.torch.optim.AdamW;
import io.github.vla3d.torch.optim.Gradients;
import io.github.vla3d.torch.optim.ParameterGroup;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;

/**
 * How long a step of the plug-in's stages takes, in turns with a step that trains the action expert
 * alone on the same batch: the difference is what the plug-in costs. Frames are decoded before and
 * are not part of it.
 */
public final class SceneSpeed {
  private static final long SEED = 0;

  /** Only times count, so weights hardly move. */
  private static final double RATE = 1e-6;

  private final Agent agent;
  private final ScenePlugin plugin;
  private final PresetSections.Training recipe;
  private final Path data;

  /**
   * @param agent with the plug-in as its memory; its weights change
   * @param data a recording of a simulator whose world is the robot's base
   */
  public SceneSpeed(Agent agent, Path data) {
    if (!(agent.memory().orElse(null) instanceof ScenePlugin own)) {
      throw new IllegalArgumentException("bench: the policy has no scene plug-in");
    }
    this.agent = agent;
    this.plugin = own;
    this.recipe = PresetSections.training(own.preset());
    this.data = data;
  }

  /**
   * Seconds of a step.
   *
   * @param prepare pictures, prompts and actions as the policy takes them; the same for both
   * @param expert all behind it of a step that trains the action expert alone
   * @param labels targets from what the recording says
   * @param forward from the batch to its loss
   * @param backward from the loss to all gradients
   * @param update clipping, optimiser and moving average
   */
  public record Step(
      double prepare,
      double expert,
      double labels,
      double forward,
      double backward,
      double update) {
    /** Of a step with the plug-in. */
    public double seconds() {
      return prepare + labels + forward + backward + update;
    }

    /** The plug-in's part of it. */
    public double share() {
      return 1 - (prepare + expert) / seconds();
    }
  }

  /**
   * Trains.
   *
   * @param warmUp steps that do not count
   * @param steps that do, at least 1
   * @param progress is told of each step
   * @return the steps after the warm-up, in order
   */
  public List<Step> measure(Stage stage, int warmUp, int steps, IntConsumer progress) {
    BaseSpeed.check(warmUp, steps);
    try (Dataset dataset = Datasets.open(data);
        Teacher teacher = new OracleTeacher(data);
        Generator random = new Generator(SEED);
        SceneObjective objective = new SceneObjective(agent, stage)) {
      SampleOrder order = new SampleOrder(List.of(dataset), new double[] {1}, SEED, 0, 1);
      try (SceneSource source =
              new ReadSamples(
                  data,
                  order::next,
                  ActionChunks.absolute(agent.horizon()),
                  teacher,
                  1,
                  recipe.batch());
          Learner learner = new Learner(objective, stage, random)) {
        List<Step> all = new ArrayList<>();
        for (int i = 0; i < warmUp + steps; i++) {
          List<SceneSource.Item> items = new ArrayList<>();
          for (int b = 0; b < recipe.batch(); b++) {
            items.add(source.next());
          }
          all.add(Scope.call(scope -> learner.step(items)));
          progress.accept(i);
        }
        return List.copyOf(all.subList(warmUp, all.size()));
      }
    }
  }

  /** What is trained of one stage. */
  private final class Learner implements AutoCloseable {
    private final SceneObjective objective;
    private final Stage stage;
    private final Generator random;
    private final TargetMaker targets;
    private final List<Parameter> expert;
    private final List<Parameter> scene;
    private final AdamW alone;
    private final AdamW both;

    Learner(SceneObjective objective, Stage stage, Generator random) {
      this.objective = objective;
      this.stage = stage;
      this.random = random;
      this.targets =
          new TargetMaker(
              plugin.scene().config(),
              PresetSections.labels(plugin.preset()),
              agent.policy().grid(),
              plugin.completer());
      this.expert = List.copyOf(objective.expert().values());
      this.scene = List.copyOf(objective.trained().values());
      Map<String, Parameter> all = new LinkedHashMap<>(objective.expert());
      objective.trained().forEach((name, parameter) -> all.put("scene." + name, parameter));
      this.alone = optimizer(objective.expert());
      this.both = optimizer(all);
    }

    private AdamW optimizer(Map<String, Parameter> parameters) {
      return new AdamW(
          new AdamW.Options(0.9, 0.95, 1e-8, true),
          List.of(new ParameterGroup(parameters, recipe.weightDecay())));
    }

    Step step(List<SceneSource.Item> items) {
      double began = BaseSpeed.now();
      List<Observation> seen = items.stream().map(SceneSource.Item::observation).toList();
      TrainingBatch batch =
          agent.prepare(seen, items.stream().map(SceneSource.Item::actions).toList());
      long[] shape = batch.actions().shape();
      shape[0] *= recipe.draws();
      Tensor noise = random.randn(batch.actions().dtype(), shape);
      Tensor time = agent.times(random, Math.toIntExact(shape[0]));
      double prepared = BaseSpeed.now();
      Scope.run(() -> expertAlone(batch, noise, time));
      double ready = BaseSpeed.now();
      List<String> cameras = batch.observation().views().stream().map(View::camera).toList();
      List<List<LabelledObject>> objects = items.stream().map(SceneSource.Item::objects).toList();
      SceneObjective.Labels labels =
          targets.make(
              batch.observation(),
              cameras,
              plugin.numbers(cameras),
              objects,
              stage == Stage.COMPLETION);
      double labelled = BaseSpeed.now();
      both.zeroGrad();
      Tensor total = objective.of(batch, labels, noise, time, random).total();
      double forward = BaseSpeed.now();
      total.backward();
      double backward = BaseSpeed.now();
      Gradients.clipNorm(expert, recipe.clip());
      Gradients.clipNorm(scene, recipe.clip());
      both.step(RATE);
      objective.stepped();
      return new Step(
          prepared - began,
          ready - prepared,
          labelled - ready,
          forward - labelled,
          backward - forward,
          BaseSpeed.now() - backward);
    }

    /** As stage base trains it, with the same draws. */
    private void expertAlone(TrainingBatch batch, Tensor noise, Tensor time) {
      Policy policy = agent.policy();
      alone.zeroGrad();
      Prefix once =
          Autograd.noGrad(
              () -> {
                ViewTokens views = policy.encodeViews(batch.observation().views());
                return policy.prefix(
                    views, batch.observation().instruction(), batch.observation().state());
              });
      Prefix prefix = policy.repeat(once, recipe.draws());
      Tensor actions = batch.actions().repeatInterleave(recipe.draws(), 0);
      batch.mean(policy.loss(prefix, actions, noise, time), BatchShare.ALL).backward();
      Gradients.clipNorm(expert, recipe.clip());
      alone.step(RATE);
    }

    @Override
    public void close() {
      alone.close();
      both.close();
    }
  }
}
