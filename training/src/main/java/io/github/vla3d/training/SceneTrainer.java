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
import io.github.vla3d.datasets.Datasets;
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
import io.github.vla3d.torch.distributed.BatchShare;
import io.github.vla3d.torch.distributed.DataParallel;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The two stages of training, on recordings. Goes on from the newest whole checkpoint of its
 * folder; the steps that follow have the same bits as if it had never stopped.
 *
 * <p>Several processes share every batch evenly and end where one alone would, up to rounding. They
 * draw the same numbers and make the same steps; rank 0 alone writes files and tells the listener.
 * A checkpoint does not know how many they were: another number may go on.
 */
public final class SceneTrainer {
  private static final String TEACHER = "teacher.safetensors";
  private static final int WORKERS = 2;

  /** Draws from which on it pays to keep all frames: one for so many of them. */
  private static final int WORTH = 4;

  /** Steps in a row without self-supervision after which that is said. */
  private static final int SILENT = 20;

  private final TrainingOptions options;
  private final Supplier<Teacher> teachers;
  private final TrainingListener listener;
  private final PresetSections.Training recipe;
  private final SceneConfig config;
  private final PresetSections.Augment augment;
  private final ProcessGroup group;
  private final RankZero rankZero;

  /** Trains in this process alone, on the instance pictures of a simulator. */
  public SceneTrainer(TrainingOptions options, TrainingListener listener) {
    this(options, () -> new OracleTeacher(options.data()), listener, ProcessGroup.single());
  }

  /**
   * Trains in several processes, all with the same options, on one machine.
   *
   * @param teachers opens what labels the data: stored labels, say
   * @param group stays open
   */
  public SceneTrainer(
      TrainingOptions options,
      Supplier<Teacher> teachers,
      TrainingListener listener,
      ProcessGroup group) {
    this.options = options;
    this.teachers = teachers;
    this.listener = group.rank() == 0 ? listener : TrainingListener.silent(listener::stop);
    this.group = group;
    this.rankZero = new RankZero(group);
    this.recipe = PresetSections.training(options.preset());
    this.config = options.preset().scene();
    this.augment = PresetSections.augment(options.preset());
    PresetSections.injection(options.preset());
    if (Completers.standsIn(config.completion())) {
      this.listener.note(
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
   * @throws IllegalArgumentException if the processes cannot share a batch evenly, or the second
   *     stage is wanted of a policy with one camera
   */
  public boolean run() throws IOException {
    rankZero.does(this::checkBatch);
    try (TrainingFiles files =
            TrainingFiles.open(options.out(), options.preset(), options.episodes(), rankZero);
        Dataset dataset = Datasets.open(options.data());
        Teacher teacher = teachers.get()) {
      Optional<Checkpoint> newest = files.newest();
      long done = newest.map(Checkpoint::step).orElse(0L);
      newest.ifPresent(c -> listener.note("goes on from step " + c.step()));
      try (Agent agent = checked(agent(newest));
          @Nullable KeptSamples kept =
              keptOfAll(
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

  /** What one view hides is learnt from another that shows it: with one camera from nothing. */
  private Agent checked(Agent agent) {
    List<String> cameras = agent.policy().cameras();
    if (options.stages().contains(Stage.COMPLETION) && cameras.size() < 2) {
      agent.close();
      throw new IllegalArgumentException(
          "stage 2: wanted a policy with two cameras or more, got "
              + cameras
              + "; --stage 1 needs one");
    }
    return agent;
  }

  private void checkBatch() {
    if (recipe.batch() % group.size() != 0) {
      throw new IllegalArgumentException(
          "training: wanted a training.batch that %d processes share evenly, got %d"
              .formatted(group.size(), recipe.batch()));
    }
  }

  /** Rank 0 decides whether there is room, and makes the file if need be; the others open it. */
  private @Nullable KeptSamples keptOfAll(KeptSamples.Recording recording, long draws)
      throws IOException {
    Optional<Optional<KeptSamples>> made =
        rankZero.makes(() -> Optional.ofNullable(kept(recording, draws)));
    boolean some = rankZero.any(made.isPresent() && made.get().isPresent());
    if (made.isPresent()) {
      return made.get().orElse(null);
    }
    return some ? open(recording) : null;
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
    return open(recording);
  }

  private KeptSamples open(KeptSamples.Recording recording) throws IOException {
    return KeptSamples.open(options.cache(), recording, WORKERS, new Told(listener));
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
    private final BatchShare share = new BatchShare(group);
    private final SceneObjective objective;
    private final DataParallel parallel;
    private final List<ParameterGroup> groups;
    private final AdamW optimizer;
    private final Generator random;
    private final Training training;
    private final TargetMaker targets;
    private int silent;

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
      this.objective = new SceneObjective(agent, stage, share);
      this.parallel = new DataParallel(group, objective.tensors());
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
              // All processes draw the same, so one keeps it for any number of them.
              ProcessGroup.single());
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
      listener.note(
          "stage %s: %d of %d steps, %d + %d tensors train"
              .formatted(
                  stage,
                  step,
                  recipe.steps(),
                  objective.expert().size(),
                  objective.trained().size()));
      long drawn = (first + step) * recipe.batch();
      try (SceneBatches batches =
          new SceneBatches(options, dataset, teacher, kept, agent.horizon(), share, drawn)) {
        return new TrainingLoop(name(), recipe.steps(), options.saveEvery(), listener, rankZero)
            .run(step, work(batches));
      }
    }

    private String name() {
      return String.valueOf(stage.ordinal() + 1);
    }

    private TrainingLoop.Work work(SceneBatches batches) {
      return new TrainingLoop.Work() {
        @Override
        public Map<String, Double> step(long number, TrainingLoop.Stopwatch watch) {
          long began = System.nanoTime();
          // Decoders live longer than a step's tensors, so they are opened outside of its scope.
          SceneBatches.Rows drawn = batches.next();
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

    private Map<String, Double> step(SceneBatches.Rows drawn, long number) {
      TrainingBatch batch = weighted(agent.prepare(drawn.observations(), drawn.actions()), drawn);
      List<String> cameras = batch.observation().views().stream().map(View::camera).toList();
      // Faults are in what the method sees, not in what is true.
      SceneObjective.Labels labels =
          targets.make(
              augment.noise().isNone() ? batch.observation() : agent.prepare(drawn.measured()),
              cameras,
              plugin.numbers(cameras),
              drawn.objects(),
              stage == Stage.COMPLETION);
      long[] shape = batch.actions().shape();
      shape[0] *= recipe.draws();
      Tensor noise = share.randn(random, batch.actions().dtype(), shape);
      int all = Math.toIntExact(shape[0] * share.processes());
      Tensor time = share.rows(agent.times(random, all));
      SceneObjective.Losses losses = objective.of(batch, labels, noise, time, random);
      optimizer.zeroGrad();
      // The mean of the gradients is taken, their sum is wanted.
      losses.total().mul(group.size()).backward();
      parallel.finish();
      Map<String, Double> values = new LinkedHashMap<>();
      losses.terms().forEach((name, value) -> values.put(name, value.item()));
      values.put("total", losses.total().item());
      values.put("pairs", (double) losses.pairs());
      values.forEach(
          (name, value) -> {
            if (!Double.isFinite(value)) {
              throw new IllegalStateException(
                  "training: loss '%s' is %s at step %d of stage %s, samples %s"
                      .formatted(name, value, number + 1, stage, recipe.batch()));
            }
          });
      watchSupervision(values);
      clip(values);
      double rate = training.schedule().at(number);
      optimizer.step(rate);
      objective.stepped();
      values.put("rate", rate);
      return values;
    }

    /** Says it if views never show what another one hides: the loss is exactly 0 then. */
    private void watchSupervision(Map<String, Double> values) {
      silent = stage == Stage.COMPLETION && values.getOrDefault("ssl", 0.0) == 0 ? silent + 1 : 0;
      if (silent == SILENT) {
        listener.note(
            "stage %s: in %d steps no view showed what another one hides, so nothing is learnt of it"
                .formatted(stage, SILENT));
      }
    }

    private TrainingBatch weighted(TrainingBatch batch, SceneBatches.Rows drawn) {
      Tensor weights = Tensors.of(drawn.weights(), drawn.actions().size(), agent.horizon());
      return batch.weighted(weights.to(batch.actions().device()));
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
      parallel.close();
      optimizer.close();
      random.close();
      objective.close();
    }
  }
}
