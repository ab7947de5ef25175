package io.github.vla3d.training;

import io.github.vla3d.agent.Agent;
import io.github.vla3d.agent.BaseBatch;
import io.github.vla3d.agent.BaseObjective;
import io.github.vla3d.agent.PresetSections;
import io.github.vla3d.data.ChosenEpisodes;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.SampleOrder;
import io.github.vla3d.datasets.Datasets;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.checkpoint.Checkpoint;
import io.github.vla3d.torch.checkpoint.CheckpointFolder;
import io.github.vla3d.torch.checkpoint.Progress;
import io.github.vla3d.torch.checkpoint.Retention;
import io.github.vla3d.torch.checkpoint.TrainingCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
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
 */
public final class BaseTrainer {
  /** The stage's name in logs. */
  public static final String STAGE = "base";

  private static final int KEPT = 2;
  private static final int WORKERS = 2;

  private final BaseOptions options;
  private final TrainingListener listener;
  private final PresetSections.Base recipe;

  public BaseTrainer(BaseOptions options, TrainingListener listener) {
    this.options = options;
    this.listener = listener;
    this.recipe = PresetSections.base(options.preset());
  }

  /** Where checkpoints stand. */
  public Path checkpoints() {
    return options.out().resolve("checkpoints");
  }

  /**
   * Trains what is left to train.
   *
   * @return whether all steps are done; false if the listener wanted to stop
   * @throws IOException if something cannot be read or written
   */
  public boolean run() throws IOException {
    Files.createDirectories(options.out());
    try (CheckpointFolder folder = CheckpointFolder.open(checkpoints(), Retention.last(KEPT))) {
      Optional<Checkpoint> newest = CheckpointFolder.newestWhole(checkpoints()).newest();
      newest.ifPresent(c -> listener.note("goes on from step " + c.step()));
      TrainingFiles.keep(options.out(), options.preset(), options.episodes(), newest.isPresent());
      try (Agent agent = Agent.load(options.base(), options.agent());
          Run run = new Run(agent, folder)) {
        return run.train(newest);
      }
    }
  }

  /** All that lives as long as the training. */
  private final class Run implements AutoCloseable, TrainingLoop.Work {
    private final Agent agent;
    private final CheckpointFolder folder;
    private final BaseLearner learner;
    private final BaseObjective objective;
    private final FrameCache frames;
    private final SampleOrder order;
    private final @Nullable FeatureCache features;

    Run(Agent agent, CheckpointFolder folder) throws IOException {
      this.agent = agent;
      this.folder = folder;
      this.learner = new BaseLearner(agent, recipe, options.seed());
      this.objective = learner.objective();
      this.order = order();
      this.frames =
          FrameCache.open(
              options.cache(),
              options.data(),
              agent,
              objective.grounds(),
              WORKERS,
              new Told(listener));
      // What a frozen model makes of pictures that nothing changes is always the same.
      boolean kept = objective.isFrozen() && recipe.shift() == 0 && recipe.brightness() == 0;
      this.features =
          kept
              ? FeatureCache.open(options.cache(), frames, options.agent(), agent, objective)
              : null;
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

    boolean train(Optional<Checkpoint> newest) throws IOException {
      long step = newest.map(c -> TrainingCheckpoint.restore(c, learner.training()).step()).orElse(0L);
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
      return new TrainingLoop(STAGE, recipe.steps(), options.saveEvery(), listener).run(step, this);
    }

    @Override
    public Map<String, Double> step(long number, TrainingLoop.Stopwatch watch) {
      return Scope.call(
          scope -> {
            Tensor before = learner.random().state();
            learner.begin();
            Map<String, Double> values = new LinkedHashMap<>();
            List<SampleOrder.Sample> all = new ArrayList<>();
            for (int i = 0; i < recipe.accumulate(); i++) {
              Scope.run(() -> accumulate(all, values, watch));
            }
            values.put("norm", learner.clip());
            NotFinite.check(values, objective.trained(), STAGE, number + 1, all)
                .ifPresent(
                    failure -> {
                      learner.random().state(before);
                      keep(number);
                      throw failure.with(options.out().resolve("failed"));
                    });
            values.put("rate", learner.update(number));
            return values;
          });
    }

    private void accumulate(
        List<SampleOrder.Sample> all, Map<String, Double> values, TrainingLoop.Stopwatch watch) {
      long began = System.nanoTime();
      long position = order.position().draws();
      List<SampleOrder.Sample> samples = new ArrayList<>();
      long[] seeds = new long[recipe.batch()];
      for (int i = 0; i < seeds.length; i++) {
        samples.add(order.next());
        seeds[i] = options.seed() * 0x9e3779b97f4a7c15L + position + i;
      }
      all.addAll(samples);
      BaseBatch batch =
          frames.batch(
              samples,
              new FrameCache.Change(recipe.shift(), recipe.brightness()),
              seeds,
              agent.policy().actionWidth());
      watch.data(System.nanoTime() - began);
      BaseObjective.Losses losses =
          features == null
              ? objective.of(batch, learner.random())
              : objective.of(batch, features.read(samples, batch), learner.random());
      double share = 1.0 / recipe.accumulate();
      losses.total().mul(share).backward();
      losses
          .terms()
          .forEach((name, value) -> values.merge(name, share * value.item(), Double::sum));
      values.merge("total", share * losses.total().item(), Double::sum);
      watch.samples(samples.size());
    }

    /** The state before a step that failed. */
    private void keep(long step) {
      try (CheckpointFolder failed =
          CheckpointFolder.open(options.out().resolve("failed"), Retention.last(1))) {
        save(failed, step, Map.of());
      }
    }

    @Override
    public void save(long step, Map<String, Double> values) {
      save(folder, step, Map.of("total", values.getOrDefault("total", 0.0)));
    }

    private void save(CheckpointFolder where, long step, Map<String, Double> metrics) {
      TrainingCheckpoint.save(
          Optional.of(where),
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
      learner.close();
    }
  }
}
