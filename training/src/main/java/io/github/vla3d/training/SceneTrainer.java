package io.github.vla3d.training;

import io.github.vla3d.agent.Agent;
import io.github.vla3d.agent.Completers;
import io.github.vla3d.agent.PluginFolder;
import io.github.vla3d.agent.PresetSections;
import io.github.vla3d.agent.SceneObjective;
import io.github.vla3d.agent.ScenePlugin;
import io.github.vla3d.agent.Stage;
import io.github.vla3d.agent.TrainingBatch;
import io.github.vla3d.data.ActionChunks;
import io.github.vla3d.data.ChosenEpisodes;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.FrameAugmentation;
import io.github.vla3d.data.GeometryNoise;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.RobotBase;
import io.github.vla3d.data.SampleOrder;
import io.github.vla3d.datasets.Datasets;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.perception.LabelledObject;
import io.github.vla3d.perception.OracleTeacher;
import io.github.vla3d.perception.Teacher;
import io.github.vla3d.policy.View;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.ProcessGroup;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.checkpoint.Checkpoint;
import io.github.vla3d.torch.checkpoint.Progress;
import io.github.vla3d.torch.checkpoint.Training;
import io.github.vla3d.torch.checkpoint.TrainingCheckpoint;
import io.github.vla3d.torch.distributed.RankZero;
import io.github.vla3d.torch.io.Safetensors;
import io.github.vla3d.torch.io.SafetensorsWriter;
import io.github.vla3d.torch.nn.Parameter;
import io.github.vla3d.torch.optim.AdamW;
import io.github.vla3d.torch.optim.Gradients;
import io.github.vla3d.torch.optim.ParameterGroup;
import io.github.vla3d.torch.optim.WarmupCosine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The two stages of training, on recordings. Goes on from the newest whole checkpoint of its
 * folder; the steps that follow have the same bits as if it had never stopped.
 */
public final class SceneTrainer {
  private static final String TEACHER = "teacher.safetensors";
  private static final int WORKERS = 2;

  /** Draws from which on it pays to keep all frames: one for so many of them. */
  private static final int WORTH = 4;

  private final TrainingOptions options;
  private final Supplier<Teacher> teachers;
  private final TrainingListener listener;
  private final PresetSections.Training recipe;
  private final SceneConfig config;
  private final PresetSections.Augment augment;
  private final RankZero rankZero = new RankZero(ProcessGroup.single());
  private final Map<Integer, RobotBase> bases = new HashMap<>();
  private final Map<Integer, Pushes> pushes = new HashMap<>();

  /** Trains on the instance pictures of a simulator. */
  public SceneTrainer(TrainingOptions options, TrainingListener listener) {
    this(options, () -> new OracleTeacher(options.data()), listener);
  }

  /**
   * @param teachers opens what labels the data: stored labels, say
   */
  public SceneTrainer(
      TrainingOptions options, Supplier<Teacher> teachers, TrainingListener listener) {
    this.options = options;
    this.teachers = teachers;
    this.listener = listener;
    this.recipe = PresetSections.training(options.preset());
    this.config = options.preset().scene();
    this.augment = PresetSections.augment(options.preset());
    PresetSections.injection(options.preset());
    if (Completers.standsIn(config.completion())) {
      listener.note(
          "scene.completion.source: pointattn has no scene.completion.weights, mirror stands in");
    }
  }

  /** Where checkpoints stand. */
  public Path checkpoints() {
    return TrainingFiles.checkpoints(options.out());
  }

  /**
   * Trains what is left to train.
   *
   * @return whether all stages are done; false if the listener wanted to stop
   * @throws IOException if something cannot be read or written
   */
  public boolean run() throws IOException {
    try (TrainingFiles files =
            TrainingFiles.open(options.out(), options.preset(), options.episodes(), rankZero);
        Dataset dataset = Datasets.open(options.data());
        Teacher teacher = teachers.get()) {
      Optional<Checkpoint> newest = files.newest();
      long done = newest.map(Checkpoint::step).orElse(0L);
      newest.ifPresent(c -> listener.note("goes on from step " + c.step()));
      try (Agent agent = agent(newest);
          @Nullable KeptSamples kept =
              kept(
                  new KeptSamples.Recording(
                      options.data(),
                      ChosenEpisodes.of(dataset, options.episodes()),
                      ActionChunks.absolute(agent.horizon()),
                      teacher),
                  (options.stages().size() * recipe.steps() - done) * recipe.batch())) {
        for (int i = 0; i < options.stages().size(); i++) {
          long first = i * recipe.steps();
          if (done >= first + recipe.steps()) {
            continue;
          }
          Optional<Checkpoint> inside = newest.filter(c -> c.step() > first);
          try (StageRun run =
              new StageRun(agent, options.stages().get(i), first, dataset, teacher, kept, files)) {
            if (!run.train(inside)) {
              return false;
            }
          }
        }
      }
    }
    return true;
  }

  /**
   * The frames of the recording, if there is room for them and enough is drawn; else null: samples
   * are then read one by one, which gives the same bits.
   *
   * @param draws that are left
   */
  private @Nullable KeptSamples kept(KeptSamples.Recording recording, long draws)
      throws IOException {
    Path folder = options.cache();
    if (!KeptSamples.has(folder, recording)) {
      if (draws * WORTH < recording.frames()) {
        return null;
      }
      long bytes = KeptSamples.bytes(recording);
      if (!KeptSamples.fits(folder, bytes)) {
        listener.note(
            "frames: no room for %.1f GB in %s, so they are read one by one"
                .formatted(bytes / 1e9, folder));
        return null;
      }
    }
    return KeptSamples.open(folder, recording, WORKERS, new Told(listener));
  }

  private Agent agent(Optional<Checkpoint> newest) {
    return newest
        .map(c -> PluginFolder.resume(c.pretrainedModel(), options.agent()))
        .orElseGet(
            () ->
                Agent.load(
                    options.base(),
                    options
                        .agent()
                        .withMemory(
                            policy ->
                                ScenePlugin.fresh(policy, options.preset(), 1, options.seed()))));
  }

  /**
   * The base in an episode, found once.
   *
   * @param first gives the first observation of an episode
   */
  private RobotBase base(int episode, IntFunction<Observation> first) {
    return bases.computeIfAbsent(
        episode,
        e ->
            RobotBase.detect(
                first.apply(e),
                vector(config.workspace().min()),
                vector(config.workspace().max())));
  }

  private static Vector3 vector(List<Double> v) {
    return new Vector3(v.get(0), v.get(1), v.get(2));
  }

  /** One stage. */
  private final class StageRun implements AutoCloseable {
    private final Agent agent;
    private final Stage stage;
    private final long first;
    private final Dataset dataset;
    private final Teacher teacher;
    private final @Nullable KeptSamples kept;
    private final TrainingFiles files;
    private final ScenePlugin plugin;
    private final SceneObjective objective;
    private final List<ParameterGroup> groups;
    private final AdamW optimizer;
    private final Generator random;
    private final Training training;
    private final SampleOrder order;
    private final TargetMaker targets;

    StageRun(
        Agent agent,
        Stage stage,
        long first,
        Dataset dataset,
        Teacher teacher,
        @Nullable KeptSamples kept,
        TrainingFiles files) {
      this.agent = agent;
      this.stage = stage;
      this.first = first;
      this.dataset = dataset;
      this.teacher = teacher;
      this.kept = kept;
      this.files = files;
      this.plugin =
          (ScenePlugin)
              agent
                  .memory()
                  .orElseThrow(() -> new IllegalStateException("the policy has no plug-in"));
      this.objective = new SceneObjective(agent, stage);
      this.groups =
          List.of(
              new ParameterGroup(
                  named("expert.", objective.expert()), recipe.expertScale(), recipe.weightDecay()),
              new ParameterGroup(named("scene.", objective.trained()), 1, recipe.weightDecay()));
      this.optimizer = new AdamW(new AdamW.Options(0.9, 0.95, 1e-8, true), groups);
      this.random = new Generator(options.seed() + 1 + stage.ordinal());
      this.training =
          new Training(
              plugin.scene(),
              optimizer,
              groups,
              Optional.empty(),
              new WarmupCosine(recipe.warmup(), recipe.peak(), recipe.steps(), recipe.end()),
              Map.of("training", random),
              ProcessGroup.single());
      this.order =
          new SampleOrder(
              List.of(ChosenEpisodes.of(dataset, options.episodes())),
              new double[] {1},
              options.seed(),
              0,
              1);
      this.targets =
          new TargetMaker(
              config,
              PresetSections.labels(options.preset()),
              agent.policy().grid(),
              plugin.completer());
    }

    private static Map<String, Parameter> named(String prefix, Map<String, Parameter> some) {
      Map<String, Parameter> named = new LinkedHashMap<>();
      some.forEach((name, parameter) -> named.put(prefix + name, parameter));
      return named;
    }

    /** True if the stage is done. */
    boolean train(Optional<Checkpoint> inside) throws IOException {
      long step = 0;
      if (inside.isPresent()) {
        step = restore(inside.get());
      }
      order.seek(new SampleOrder.Position(options.seed(), (first + step) * recipe.batch()));
      listener.note(
          "stage %s: %d of %d steps, %d + %d tensors train"
              .formatted(
                  stage,
                  step,
                  recipe.steps(),
                  objective.expert().size(),
                  objective.trained().size()));
      try (SceneSource feed = feed()) {
        return new TrainingLoop(name(), recipe.steps(), options.saveEvery(), listener, rankZero)
            .run(step, work(feed));
      }
    }

    private Pushes pushes(int episode) {
      return pushes.computeIfAbsent(episode, e -> Pushes.of(options.data(), e, dataset.frames(e)));
    }

    private Observation first(int episode) {
      return kept != null
          ? kept.get(new SampleOrder.Sample(0, episode, 0)).observation()
          : dataset.episode(episode).observation(0);
    }

    private SceneSource feed() {
      return kept != null
          ? kept.in(order::next)
          : new ReadSamples(
              options.data(),
              order::next,
              ActionChunks.absolute(agent.horizon()),
              teacher,
              WORKERS,
              2 * recipe.batch());
    }

    private String name() {
      return String.valueOf(stage.ordinal() + 1);
    }

    private TrainingLoop.Work work(SceneSource feed) {
      return new TrainingLoop.Work() {
        @Override
        public Map<String, Double> step(long number, TrainingLoop.Stopwatch watch) {
          long began = System.nanoTime();
          // Decoders live longer than a step's tensors, so they are opened outside of its scope.
          Drawn drawn = draw(feed, (first + number) * recipe.batch());
          watch.data(System.nanoTime() - began);
          watch.samples(recipe.batch());
          return Scope.call(scope -> StageRun.this.step(drawn, number));
        }

        @Override
        public void save(long step, Map<String, Double> values) {
          StageRun.this.save(step, values);
        }
      };
    }

    private long restore(Checkpoint checkpoint) {
      Progress progress = TrainingCheckpoint.restore(checkpoint, training);
      objective
          .teacher()
          .ifPresent(
              average -> {
                try (Safetensors saved =
                    Safetensors.open(checkpoint.pretrainedModel().resolve(TEACHER))) {
                  Map<String, Tensor> state = new LinkedHashMap<>();
                  saved.specs().keySet().forEach(n -> state.put(n, saved.get(n)));
                  average.restore(state);
                }
              });
      return progress.step() - first;
    }

    private void save(long step, Map<String, Double> values) {
      Map<String, Double> metrics = new LinkedHashMap<>();
      metrics.put("total", values.getOrDefault("total", 0.0));
      TrainingCheckpoint.save(
          files.checkpoints(),
          training,
          new Progress(first + step, 0, 0),
          metrics,
          model -> {
            PluginFolder.saveWithoutModel(
                agent, model, checkpoints().resolve("000000/pretrained_model"));
            if (objective.teacher().isPresent()) {
              SafetensorsWriter.write(
                  model.resolve(TEACHER), objective.teacher().orElseThrow().state());
            }
          });
    }

    /**
     * What a step trains on, in the frame of the robot's base.
     *
     * @param observations as the method sees them
     * @param measured the same without the faults that augmentation adds: labels are made of these
     * @param weights of the actions, one after the other
     */
    private record Drawn(
        List<Observation> observations,
        List<Observation> measured,
        List<ActionChunks.Chunk> actions,
        List<List<LabelledObject>> objects,
        float[] weights) {}

    /**
     * @param position of the first sample in the order of all: what is drawn for a sample depends
     *     on it and the seed alone, so that a training that resumes draws the same
     */
    private Drawn draw(SceneSource feed, long position) {
      List<Observation> observations = new ArrayList<>();
      List<Observation> measured = new ArrayList<>();
      List<ActionChunks.Chunk> actions = new ArrayList<>();
      List<List<LabelledObject>> objects = new ArrayList<>();
      int horizon = agent.horizon();
      float[] weights = new float[recipe.batch() * horizon];
      double[] centre = config.workspace().centre();
      GeometryNoise noise = augment.noise();
      for (int i = 0; i < recipe.batch(); i++) {
        SceneSource.Item item = feed.next();
        SampleOrder.Sample sample = item.sample();
        RobotBase base = base(sample.episode(), this::first);
        Observation observation = base.inBase(item.observation());
        ActionChunks.Chunk chunk = item.actions();
        SplittableRandom random =
            new SplittableRandom(options.seed() ^ (position + i) * 0x9E3779B97F4A7C15L).split();
        SplittableRandom forFrame = random.split();
        RigidTransform newFromBase = RigidTransform.identity();
        if (augment.frame()) {
          FrameAugmentation frame =
              FrameAugmentation.draw(
                  augment.frameTurn(),
                  augment.frameShift(),
                  new Vector3(centre[0], centre[1], centre[2]),
                  forFrame);
          observation = frame.apply(observation, base);
          chunk = frame.apply(chunk, base);
          newFromBase = frame.newFromBase();
        }
        measured.add(observation);
        observations.add(noise.isNone() ? observation : noise.apply(observation, random));
        actions.add(chunk);
        Pushes unforeseen = pushes(sample.episode());
        for (int h = 0; h < horizon; h++) {
          weights[i * horizon + h] = unforeseen.trains(sample.frame(), h) ? 1 : 0;
        }
        RigidTransform newFromWorld = newFromBase.compose(base.worldFromBase().inverse());
        objects.add(item.objects().stream().map(object -> object.in(newFromWorld)).toList());
      }
      return new Drawn(observations, measured, actions, objects, weights);
    }

    private Map<String, Double> step(Drawn drawn, long number) {
      TrainingBatch batch = weighted(agent.prepare(drawn.observations, drawn.actions), drawn);
      List<String> cameras = batch.observation().views().stream().map(View::camera).toList();
      // Faults are in what the method sees, not in what is true.
      SceneObjective.Labels labels =
          targets.make(
              augment.noise().isNone() ? batch.observation() : agent.prepare(drawn.measured),
              cameras,
              plugin.numbers(cameras),
              drawn.objects,
              stage == Stage.COMPLETION);
      long[] shape = batch.actions().shape();
      shape[0] *= recipe.draws();
      Tensor noise = random.randn(batch.actions().dtype(), shape);
      Tensor time = agent.times(random, Math.toIntExact(shape[0]));
      SceneObjective.Losses losses = objective.of(batch, labels, noise, time, random);
      optimizer.zeroGrad();
      losses.total().backward();
      Map<String, Double> values = new LinkedHashMap<>();
      losses.terms().forEach((name, value) -> values.put(name, value.item()));
      values.put("total", losses.total().item());
      values.put("pairs", (double) losses.pairs());
      values.forEach(
          (name, value) -> {
            if (!Double.isFinite(value)) {
              throw new IllegalStateException(
                  "training: loss '%s' is %s at step %d of stage %s, samples %s"
                      .formatted(name, value, number + 1, stage, drawn.observations.size()));
            }
          });
      clip(values);
      double rate = training.schedule().at(number);
      optimizer.step(rate);
      objective.stepped();
      values.put("rate", rate);
      return values;
    }

    private TrainingBatch weighted(TrainingBatch batch, Drawn drawn) {
      return batch.weighted(
          Tensors.of(drawn.weights, recipe.batch(), agent.horizon()).to(batch.actions().device()));
    }

    private void clip(Map<String, Double> values) {
      if (recipe.clipPerGroup()) {
        values.put(
            "norm.expert", Gradients.clipNorm(groups.get(0).parameters().values(), recipe.clip()));
        values.put(
            "norm.scene", Gradients.clipNorm(groups.get(1).parameters().values(), recipe.clip()));
      } else {
        List<Parameter> all = new ArrayList<>(groups.get(0).parameters().values());
        all.addAll(groups.get(1).parameters().values());
        values.put("norm", Gradients.clipNorm(all, recipe.clip()));
      }
    }

    @Override
    public void close() {
      optimizer.close();
      random.close();
      objective.close();
    }
  }
}
