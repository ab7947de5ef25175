package io.github.vla3d.training;

import io.github.vla3d.agent.Agent;
import io.github.vla3d.agent.BaseBatch;
import io.github.vla3d.agent.BaseObjective;
import io.github.vla3d.agent.PresetSections;
import io.github.vla3d.data.ChosenEpisodes;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.SampleOrder;
import io.github.vla3d.datasets.Datasets;
import io.github.vla3d.torch.ProcessGroup;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.checkpoint.CheckpointFolder;
import io.github.vla3d.torch.checkpoint.Progress;
import io.github.vla3d.torch.checkpoint.Retention;
import io.github.vla3d.torch.checkpoint.TrainingCheckpoint;
import io.github.vla3d.torch.distributed.BatchShare;
import io.github.vla3d.torch.distributed.DataParallel;
import io.github.vla3d.torch.distributed.RankZero;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Trains a policy without the plug-in: all of it, its action expert, or maps of low rank. Goes on
 * from the newest whole checkpoint of its folder; the steps that follow have the same bits as if it
 * had never stopped.
 *
 * <p>Several processes share every batch evenly and end where one alone would, up to rounding. They
 * draw the same numbers and make the same steps; rank 0 alone writes files and tells the listener.
 * A checkpoint does not know how many they were: another number may go on.
 */
public final class BaseTrainer {
  /** The stage's name in logs. */
  public static final String STAGE = "base";

  private static final int WORKERS = 2;

  private final BaseOptions options;
  private final TrainingListener listener;
  private final PresetSections.Base recipe;
  private final ProcessGroup group;
  private final RankZero rankZero;

  /** Trains in this process alone. */
  public BaseTrainer(BaseOptions options, TrainingListener listener) {
    this(options, listener, ProcessGroup.single());
  }

  /**
   * Trains in several processes, all with the same options, on one machine.
   *
   * @param group stays open
   */
  public BaseTrainer(BaseOptions options, TrainingListener listener, ProcessGroup group) {
    this.options = options;
    this.listener = group.rank() == 0 ? listener : TrainingListener.silent(listener::stop);
    this.recipe = PresetSections.base(options.preset());
    this.group = group;
    this.rankZero = new RankZero(group);
  }

  /** Where checkpoints stand. */
  public Path checkpoints() {
    return TrainingFiles.checkpoints(options.out());
  }

  /**
   * Trains what is left to train.
   *
   * @return whether all steps are done; false if the listener wanted to stop
   * @throws IOException if something cannot be read or written
   * @throws IllegalArgumentException if the processes cannot share a batch evenly
   */
  public boolean run() throws IOException {
    rankZero.does(this::checkBatch);
    try (TrainingFiles files =
        TrainingFiles.open(options.out(), options.preset(), options.episodes(), rankZero)) {
      files.newest().ifPresent(c -> listener.note("goes on from step " + c.step()));
      try (Agent agent = Agent.load(options.base(), options.agent());
          Run run = new Run(agent, files)) {
        return run.train();
      }
    }
  }

  private void checkBatch() {
    if (recipe.batch() % group.size() != 0) {
      throw new IllegalArgumentException(
          "training: wanted a base.batch that %d processes share evenly, got %d"
              .formatted(group.size(), recipe.batch()));
    }
  }

  /** All that lives as long as the training. */
  private final class Run implements AutoCloseable, TrainingLoop.Work {
    private final Agent agent;
    private final TrainingFiles files;
    private final BatchShare share = new BatchShare(group);
    private final BaseLearner learner;
    private final BaseObjective objective;
    private final DataParallel parallel;
    private final FrameCache frames;
    private final SampleOrder order;
    private final @Nullable FeatureCache features;

    Run(Agent agent, TrainingFiles files) throws IOException {
      this.agent = agent;
      this.files = files;
      this.learner = new BaseLearner(agent, recipe, options.seed(), share);
      this.objective = learner.objective();
      this.parallel = new DataParallel(group, objective.model());
      this.order = order();
      this.frames = firstInRankZero(this::frames);
      // What a frozen model makes of pictures that nothing changes is always the same.
      boolean kept = objective.isFrozen() && recipe.shift() == 0 && recipe.brightness() == 0;
      this.features = kept ? firstInRankZero(this::features) : null;
    }

    /** Opens what the first who opens it makes. */
    private <T> T firstInRankZero(RankZero.Making<T> opening) throws IOException {
      Optional<T> made = rankZero.makes(opening);
      return made.isPresent() ? made.get() : opening.make();
    }

    /** Makes the file if need be. */
    private FrameCache frames() throws IOException {
      return FrameCache.open(
          options.cache(), options.data(), agent, objective.grounds(), WORKERS, new Told(listener));
    }

    private FeatureCache features() throws IOException {
      return FeatureCache.open(options.cache(), frames, options.agent(), agent, objective, group);
    }

    private SampleOrder order() {
      List<Dataset> datasets = new ArrayList<>();
      try {
        double[] weights = new double[options.data().size()];
        for (int d = 0; d < weights.length; d++) {
          Dataset dataset =
              ChosenEpisodes.of(Datasets.open(options.data().get(d)), options.episodes());
          datasets.add(dataset);
          for (int e = 0; e < dataset.size(); e++) {
            weights[d] += dataset.frames(e);
          }
        }
        return new SampleOrder(datasets, weights, options.seed(), 0, 1);
      } finally {
        datasets.forEach(Dataset::close);
      }
    }

    boolean train() throws IOException {
      long step =
          files
              .newest()
              .map(c -> TrainingCheckpoint.restore(c, learner.training()).step())
              .orElse(0L);
      order.seek(
          new SampleOrder.Position(options.seed(), step * recipe.batch() * recipe.accumulate()));
      listener.note(
          "stage base, %s: %d of %d steps, %d tensors with %d numbers train, %.1f GB of frames"
              .formatted(
                  recipe.extent().name().toLowerCase(java.util.Locale.ROOT),
                  step,
                  recipe.steps(),
                  learner.trained().size(),
                  learner.trained().stream().mapToLong(p -> p.value().numel()).sum(),
                  frames.bytes() / 1e9));
      return new TrainingLoop(STAGE, recipe.steps(), options.saveEvery(), listener, rankZero)
          .run(step, this);
    }

    @Override
    public Map<String, Double> step(long number, TrainingLoop.Stopwatch watch) throws IOException {
      Map<String, Double> values = new LinkedHashMap<>();
      Optional<NotFinite> failure =
          Scope.call(
              scope -> {
                Tensor before = learner.random().state();
                List<SampleOrder.Sample> all = gradients(values, watch);
                values.put("norm", learner.clip());
                Optional<NotFinite> found =
                    NotFinite.check(values, objective.trained(), STAGE, number + 1, all);
                found.ifPresent(f -> learner.random().state(before));
                return found;
              });
      if (failure.isPresent()) {
        rankZero.does(() -> keep(number));
        throw failure.get().with(options.out().resolve("failed"));
      }
      Scope.run(
          () -> {
            values.put("rate", learner.update(number));
          });
      return values;
    }

    /** Those of all processes. */
    private List<SampleOrder.Sample> gradients(
        Map<String, Double> values, TrainingLoop.Stopwatch watch) {
      List<SampleOrder.Sample> all = new ArrayList<>();
      learner.begin();
      parallel.withoutSync(
          () -> {
            for (int i = 1; i < recipe.accumulate(); i++) {
              Scope.run(() -> accumulate(all, values, watch));
            }
          });
      Scope.run(() -> accumulate(all, values, watch));
      parallel.finish();
      return all;
    }

    private void accumulate(
        List<SampleOrder.Sample> all, Map<String, Double> values, TrainingLoop.Stopwatch watch) {
      long began = System.nanoTime();
      long position = order.position().draws();
      List<SampleOrder.Sample> samples = new ArrayList<>();
      List<Long> seeds = new ArrayList<>();
      for (int i = 0; i < recipe.batch(); i++) {
        samples.add(order.next());
        seeds.add(options.seed() * 0x9e3779b97f4a7c15L + position + i);
      }
      all.addAll(samples);
      List<SampleOrder.Sample> own = share.rows(samples);
      BaseBatch batch =
          frames.batch(
              own,
              new FrameCache.Change(recipe.shift(), recipe.brightness()),
              share.rows(seeds).stream().mapToLong(Long::longValue).toArray(),
              agent.policy().actionWidth());
      watch.data(System.nanoTime() - began);
      BaseObjective.Losses losses =
          features == null
              ? objective.of(batch, learner.random())
              : objective.of(batch, features.read(samples, own, batch), learner.random());
      double weight = 1.0 / recipe.accumulate();
      // The mean of the gradients is taken, their sum is wanted.
      losses.total().mul(weight * group.size()).backward();
      losses
          .terms()
          .forEach((name, value) -> values.merge(name, weight * value.item(), Double::sum));
      values.merge("total", weight * losses.total().item(), Double::sum);
      watch.samples(samples.size());
    }

    /** The state before a step that failed. */
    private void keep(long step) {
      try (CheckpointFolder failed =
          CheckpointFolder.open(options.out().resolve("failed"), Retention.last(1))) {
        save(Optional.of(failed), step, Map.of());
      }
    }

    @Override
    public void save(long step, Map<String, Double> values) {
      save(files.checkpoints(), step, Map.of("total", values.getOrDefault("total", 0.0)));
    }

    private void save(Optional<CheckpointFolder> where, long step, Map<String, Double> metrics) {
      TrainingCheckpoint.save(
          where,
          learner.training(),
          new Progress(step, 0, 0),
          metrics,
          (model, weights) -> objective.save(model, weights));
    }

    @Override
    public void close() {
      if (features != null) {
        features.close();
      }
      frames.close();
      parallel.close();
      learner.close();
    }
  }
}
