package io.github.vla3d.scene.learning;

import io.github.vla3d.scene.completion.SelfSupervisedLoss;
import io.github.vla3d.scene.config.Preset;
import io.github.vla3d.scene.instance.InstanceLoss;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.ProcessGroup;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Torch;
import io.github.vla3d.torch.checkpoint.CheckpointFolder;
import io.github.vla3d.torch.checkpoint.Progress;
import io.github.vla3d.torch.checkpoint.Retention;
import io.github.vla3d.torch.checkpoint.Training;
import io.github.vla3d.torch.checkpoint.TrainingCheckpoint;
import io.github.vla3d.torch.nn.Parameter;
import io.github.vla3d.torch.nn.Trace;
import io.github.vla3d.torch.optim.AdamW;
import io.github.vla3d.torch.optim.Gradients;
import io.github.vla3d.torch.optim.ParameterGroup;
import io.github.vla3d.torch.optim.Schedule;
import io.github.vla3d.torch.optim.WarmupCosine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Trains the {@code tiny} preset on scenes that are drawn anew for each step: first all but the
 * predictor on exact labels, then the predictor alone on hidden tokens. A run can be stopped at any
 * moment and goes on from its last checkpoint.
 *
 * <p>Arguments: the folder of the run, then KEY=VALUE for {@link Choice} (seed, steps, completion,
 * batch, rate, beta2, threads, every: steps between two evaluations, minutes: how long before it
 * pauses) and for keys of the preset ({@code scene.matching=2d}).
 */
public final class LearningRun implements AutoCloseable {
  /**
   * The part of space that things and probes are in, where the preset's is LIBERO's; and a weight
   * by which 2 cm count as much as a box that is off by a sixth of the picture.
   */
  static final Map<String, String> TABLE =
      Map.of(
          "scene.loss.centroid", "40",
          "scene.workspace.min", "[0.3, -0.35, -0.05]",
          "scene.workspace.max", "[1.0, 0.35, 0.25]",
          "scene.probe.readout", "attention");

  private static final double CLIP = 1;
  private static final double LOSS_SCALE = 0.1;

  /**
   * What is run.
   *
   * @param seed of weights and scenes
   * @param steps of the first stage
   * @param completion steps of the second stage
   * @param batch scenes a step
   * @param rate peak of the learning rate
   * @param beta2 of AdamW
   * @param preset with all its keys
   */
  record Choice(
      long seed, int steps, int completion, int batch, double rate, double beta2, Preset preset) {}

  final Learner learner;
  private final Choice choice;
  private final AdamW optimizer;
  private final Generator hiding;
  private final Training training;
  private Progress progress = Progress.START;
  private double seconds;
  private double loss;

  LearningRun(Choice choice) {
    this.choice = choice;
    this.learner = new Learner(choice.preset.scene());
    try (Generator generator = new Generator(choice.seed)) {
      learner.initialise(generator);
    }
    this.hiding = new Generator(choice.seed + 1);
    List<ParameterGroup> groups = List.of(new ParameterGroup(learner.parameters(), 0.01));
    this.optimizer = new AdamW(new AdamW.Options(0.9, choice.beta2, 1e-8, true), groups);
    this.training =
        new Training(
            learner,
            optimizer,
            groups,
            Optional.empty(),
            rate(choice),
            Map.of("hiding", hiding),
            ProcessGroup.single());
  }

  /** Each stage has its own warm-up and decay. */
  private static Schedule rate(Choice choice) {
    Schedule first = stage(choice.steps, choice.rate);
    Schedule second = stage(Math.max(1, choice.completion), choice.rate);
    return step -> step < choice.steps ? first.at(step) : second.at(step - choice.steps);
  }

  private static Schedule stage(int steps, double peak) {
    return new WarmupCosine(Math.min(100, steps / 10), peak, steps, peak / 100);
  }

  int total() {
    return choice.steps + choice.completion;
  }

  /** Smoothed, of the present stage. */
  double loss() {
    return loss;
  }

  long step() {
    return progress.step();
  }

  private SceneBatch batch() {
    long number = choice.seed * 10_000_000L + progress.step();
    int views = 2 + (int) (progress.step() % 3);
    List<TableScene> scenes = new ArrayList<>();
    for (int i = 0; i < choice.batch; i++) {
      scenes.add(TableScene.of(number * choice.batch + i, views, TableScene.Poses.TRAINING));
    }
    return SceneBatch.of(scenes, views);
  }

  /** One step of the stage that it is in. */
  void advance() {
    long began = System.nanoTime();
    boolean instances = progress.step() < choice.steps;
    if (!instances) {
      learner.freeze(name -> !name.startsWith("scene.predictor."));
    }
    Scope.run(
        () -> {
          SceneBatch batch = batch();
          Tensor total;
          if (instances) {
            InstanceLoss said = learner.instanceLoss(batch);
            total = said.total().mul(LOSS_SCALE);
          } else {
            SelfSupervisedLoss said =
                learner.selfSupervise(learner.hide(batch, hiding), Trace.NONE);
            total = said.total();
          }
          double now = total.item();
          if (total.requiresGrad()) {
            total.backward();
          }
          boolean fresh = progress.step() == 0 || progress.step() == choice.steps;
          loss = fresh ? now : 0.98 * loss + 0.02 * now;
        });
    List<Parameter> trained = List.copyOf(learner.trainable().values());
    Gradients.clipNorm(trained, CLIP);
    optimizer.step(training.schedule().at(progress.step()));
    optimizer.zeroGrad();
    progress = new Progress(progress.step() + 1, 0, 0);
    seconds += (System.nanoTime() - began) / 1e9;
  }

  @Override
  public void close() {
    optimizer.close();
    hiding.close();
    learner.close();
  }

  // ---------------------------------------- from a shell

  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    Map<String, String> choices = new LinkedHashMap<>();
    for (int i = 1; i < arguments.length; i++) {
      int equals = arguments[i].indexOf('=');
      choices.put(arguments[i].substring(0, equals), arguments[i].substring(equals + 1));
    }
    Map<String, String> keys = new LinkedHashMap<>(TABLE);
    choices.forEach(
        (key, value) -> {
          if (key.startsWith("scene.")) {
            keys.put(key, value);
          }
        });
    Torch.threads(Integer.parseInt(choices.getOrDefault("threads", "1")));
    Choice choice =
        new Choice(
            Long.parseLong(choices.getOrDefault("seed", "1")),
            Integer.parseInt(choices.getOrDefault("steps", "1500")),
            Integer.parseInt(choices.getOrDefault("completion", "500")),
            Integer.parseInt(choices.getOrDefault("batch", "8")),
            Double.parseDouble(choices.getOrDefault("rate", "5e-4")),
            Double.parseDouble(choices.getOrDefault("beta2", "0.999")),
            Preset.of("tiny").with(keys));
    int every = Integer.parseInt(choices.getOrDefault("every", "250"));
    double minutes = Double.parseDouble(choices.getOrDefault("minutes", "1e9"));
    try (LearningRun run = new LearningRun(choice);
        CheckpointFolder checkpoints =
            CheckpointFolder.open(folder.resolve("checkpoints"), Retention.last(1))) {
      CheckpointFolder.newestWhole(folder.resolve("checkpoints"))
          .newest()
          .ifPresent(
              checkpoint -> {
                run.progress = TrainingCheckpoint.restore(checkpoint, run.training);
                run.seconds = checkpoint.metrics().getOrDefault("seconds", 0.0);
                run.loss = checkpoint.metrics().getOrDefault("loss", 0.0);
              });
      Files.writeString(folder.resolve("config.yaml"), choice.preset.toYaml());
      long began = System.nanoTime();
      long from = run.step();
      while (run.step() < run.total()) {
        run.advance();
        long step = run.step();
        if (step % 25 == 0) {
          double each = (System.nanoTime() - began) / 1e9 / (step - from);
          System.out.printf(
              Locale.ROOT,
              "step %d of %d, loss %.4f, %.2f s a step, %.0f min left%n",
              step,
              run.total(),
              run.loss,
              each,
              each * (run.total() - step) / 60);
        }
        boolean ends = step == choice.steps || step == run.total();
        boolean pauses = System.nanoTime() - began > minutes * 60e9;
        if (step % every == 0 || ends) {
          run.report(folder, ends ? 48 : 12);
        }
        if (step % every == 0 || ends || pauses) {
          TrainingCheckpoint.save(
              Optional.of(checkpoints),
              run.training,
              run.progress,
              Map.of("seconds", run.seconds, "loss", run.loss),
              model -> {});
        }
        if (pauses) {
          return;
        }
      }
    }
  }

  private void report(Path folder, int batches) throws IOException {
    boolean completion = progress.step() > choice.steps;
    Map<String, Double> scores = Scores.of(learner, batches, 4, completion);
    Path file = folder.resolve(completion ? "completion.csv" : "instances.csv");
    StringBuilder text = new StringBuilder();
    if (!Files.exists(file)) {
      text.append("step,seconds,loss,").append(String.join(",", scores.keySet())).append('\n');
    }
    text.append(String.format(Locale.ROOT, "%d,%.0f,%.4f", progress.step(), seconds, loss));
    scores.values().forEach(v -> text.append(String.format(Locale.ROOT, ",%.4f", v)));
    Files.writeString(
        file, text.append('\n'), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    System.out.println(scores);
  }
}
