package io.github.vla3d.torch.checkpoint;

import static io.github.vla3d.torch.checkpoint.StateFiles.EMA;
import static io.github.vla3d.torch.checkpoint.StateFiles.GROUPS;
import static io.github.vla3d.torch.checkpoint.StateFiles.MODEL;
import static io.github.vla3d.torch.checkpoint.StateFiles.OPTIMIZER;
import static io.github.vla3d.torch.checkpoint.StateFiles.POSITION;
import static io.github.vla3d.torch.checkpoint.StateFiles.RANDOM;
import static io.github.vla3d.torch.checkpoint.StateFiles.SCHEDULE;
import static io.github.vla3d.torch.checkpoint.StateFiles.STEP;
import static io.github.vla3d.torch.checkpoint.StateFiles.WEIGHTS;

import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.TensorSpec;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.Weights;
import io.github.vla3d.torch.io.Safetensors;
import io.github.vla3d.torch.io.SafetensorsWriter;
import io.github.vla3d.torch.io.StrictMatch;
import io.github.vla3d.torch.nn.Parameter;
import io.github.vla3d.torch.optim.Ema;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Writes a {@link Training} as a checkpoint and goes on from one: the steps that follow have the
 * same bits as if training had never stopped.
 */
public final class TrainingCheckpoint {
  private TrainingCheckpoint() {}

  /**
   * Writes a checkpoint. All processes of the training must call this at the same point; the one of
   * rank 0 writes.
   *
   * @param folder where; used by rank 0 only, which must have one
   * @param metrics named results of this step, finite
   * @param modelFiles adds files to {@code pretrained_model}: configuration, tokeniser, statistics
   * @return what was written, in rank 0
   * @throws TorchException if something cannot be written; earlier checkpoints are then as they
   *     were
   */
  public static Optional<Checkpoint> save(
      Optional<CheckpointFolder> folder,
      Training training,
      Progress progress,
      Map<String, Double> metrics,
      CheckpointFolder.Contents modelFiles) {
    return store(
        folder,
        training,
        progress,
        metrics,
        (model, state) -> {
          modelFiles.write(model);
          write(model, state, training);
        });
  }

  /** Writes a model for those who use it, in a layout of its own. */
  @FunctionalInterface
  public interface ModelWriter {
    /**
     * @param model folder for all its files
     * @param weights of the training's model by name, averaged where the training averages
     */
    void write(Path model, Map<String, Tensor> weights) throws IOException;
  }

  /**
   * The same for a model whose file for users is not the one that training goes on from: of the
   * training's model the state keeps what is trained, and the writer writes all that others read.
   */
  public static Optional<Checkpoint> save(
      Optional<CheckpointFolder> folder,
      Training training,
      Progress progress,
      Map<String, Double> metrics,
      ModelWriter writer) {
    return store(
        folder,
        training,
        progress,
        metrics,
        (model, state) -> {
          Map<String, Tensor> weights = training.model().save();
          writer.write(model, training.ema().map(ema -> averaged(weights, ema)).orElse(weights));
          SafetensorsWriter.write(state.resolve(WEIGHTS), trained(training));
          if (training.ema().isPresent()) {
            SafetensorsWriter.write(state.resolve(EMA), training.ema().get().state());
          }
        });
  }

  private static Map<String, Tensor> trained(Training training) {
    Map<String, Tensor> trained = new LinkedHashMap<>();
    training.model().trainable().forEach((name, p) -> trained.put(name, p.value()));
    return trained;
  }

  /** The weights, for users and to go on from. */
  private interface WeightFiles {
    void write(Path model, Path state) throws IOException;
  }

  private static Optional<Checkpoint> store(
      Optional<CheckpointFolder> folder,
      Training training,
      Progress progress,
      Map<String, Double> metrics,
      WeightFiles files) {
    return Scope.call(
        scope -> {
          Map<String, Tensor> random = RandomStates.gather(training.group(), training.generators());
          if (training.group().rank() != 0) {
            return Optional.empty();
          }
          CheckpointFolder target =
              folder.orElseThrow(() -> new TorchException("rank 0 has no folder to write to"));
          return Optional.of(
              target.save(
                  progress.step(),
                  metrics,
                  aside -> write(aside, training, progress, random, files)));
        });
  }

  private static void write(
      Path folder,
      Training training,
      Progress progress,
      Map<String, Tensor> random,
      WeightFiles files)
      throws IOException {
    Path model = Files.createDirectory(folder.resolve(Checkpoint.PRETRAINED_MODEL));
    Path state = Files.createDirectory(folder.resolve(Checkpoint.TRAINING_STATE));
    files.write(model, state);
    SafetensorsWriter.write(state.resolve(OPTIMIZER), training.optimizer().state());
    SafetensorsWriter.write(state.resolve(RANDOM), random);
    Json.write(state.resolve(GROUPS), StateFiles.Groups.of(training));
    double next = training.schedule().at(progress.step());
    Json.write(state.resolve(SCHEDULE), new StateFiles.ScheduleState(progress.step(), next));
    Json.write(state.resolve(STEP), new StateFiles.Step(progress.step()));
    Json.write(
        state.resolve(POSITION), new StateFiles.Position(progress.epoch(), progress.batch()));
  }

  private static void write(Path model, Path state, Training training) {
    if (Files.exists(model.resolve(MODEL))) {
      throw new TorchException(MODEL + " is for the weights, not for another file");
    }
    Map<String, Tensor> weights = training.model().save();
    if (training.ema().isPresent()) {
      Ema ema = training.ema().get();
      SafetensorsWriter.write(model.resolve(MODEL), averaged(weights, ema));
      SafetensorsWriter.write(state.resolve(WEIGHTS), weights);
      SafetensorsWriter.write(state.resolve(EMA), ema.state());
    } else {
      SafetensorsWriter.write(model.resolve(MODEL), weights);
    }
  }

  /** The averages in the types of the weights, and the weights that have none. */
  private static Map<String, Tensor> averaged(Map<String, Tensor> weights, Ema ema) {
    Map<String, Tensor> averaged = new LinkedHashMap<>(weights);
    ema.averages()
        .forEach(
            (name, average) ->
                averaged.computeIfPresent(name, (n, weight) -> average.to(weight.dtype())));
    return averaged;
  }

  /**
   * Goes on from a checkpoint: weights, optimiser, average and generators get the saved values in
   * place. Everything is checked before anything is changed.
   *
   * @param checkpoint found whole by {@link CheckpointFolder}
   * @throws TorchException if it is not one of such a training: other names, shapes, types, groups,
   *     schedule, generators or number of processes
   */
  public static Progress restore(Checkpoint checkpoint, Training training) {
    Path state = checkpoint.trainingState();
    boolean averaged = Files.exists(state.resolve(EMA));
    if (averaged != training.ema().isPresent()) {
      throw new TorchException(
          state
              + (averaged
                  ? ": has an average of the weights, this run has none"
                  : ": has no average of the weights, this run has one"));
    }
    Path groups = state.resolve(GROUPS);
    Json.read(groups, StateFiles.Groups.class)
        .check(groups.toString(), StateFiles.Groups.of(training));
    Path schedule = state.resolve(SCHEDULE);
    var scheduled = Json.read(schedule, StateFiles.ScheduleState.class);
    scheduled.check(schedule.toString(), training);
    long step = Json.read(state.resolve(STEP), StateFiles.Step.class).step();
    if (step != checkpoint.step() || step != scheduled.step()) {
      throw new TorchException(
          "%s: wanted step %d everywhere, got %d and %d"
              .formatted(state, checkpoint.step(), step, scheduled.step()));
    }
    var position = Json.read(state.resolve(POSITION), StateFiles.Position.class);
    Progress progress = new Progress(step, position.epoch(), position.batch());

    boolean apart = Files.exists(state.resolve(WEIGHTS));
    Path model = apart ? state.resolve(WEIGHTS) : checkpoint.pretrainedModel().resolve(MODEL);
    try (Weights weights = Safetensors.open(model);
        Weights optimizer = Safetensors.open(state.resolve(OPTIMIZER));
        Weights random = Safetensors.open(state.resolve(RANDOM))) {
      Scope.run(
          () -> {
            // A file of what is trained alone leaves the rest as it was loaded.
            boolean all = weights.specs().size() == training.model().tensors().size();
            Map<String, Parameter> kept =
                all ? training.model().tensors() : training.model().trainable();
            check(training, kept, weights, optimizer, random);
            restoreAverage(state, training);
            kept.forEach((name, p) -> overwrite(p, weights.get(name)));
            training.optimizer().restore(tensors(optimizer));
            int rank = training.group().rank();
            training
                .generators()
                .forEach(
                    (name, generator) ->
                        generator.state(random.get(RandomStates.key(rank, name)).copy()));
          });
    }
    return progress;
  }

  private static void check(
      Training training,
      Map<String, Parameter> kept,
      Weights weights,
      Weights optimizer,
      Weights random) {
    Map<String, TensorSpec> wanted = new LinkedHashMap<>();
    kept.forEach((name, parameter) -> wanted.put(name, parameter.spec()));
    StrictMatch.check(wanted, weights, StrictMatch.Types.EXACT);
    StrictMatch.check(specs(training.optimizer().state()), optimizer, StrictMatch.Types.EXACT);
    StrictMatch.check(
        RandomStates.specs(training.group(), training.generators()),
        random,
        StrictMatch.Types.EXACT);
  }

  private static void restoreAverage(Path state, Training training) {
    training
        .ema()
        .ifPresent(
            ema -> {
              try (Weights saved = Safetensors.open(state.resolve(EMA))) {
                ema.restore(tensors(saved)); // checks before it changes
              }
            });
  }

  /**
   * A frozen parameter may be mapped from a file: it is not touched if it has the value already.
   */
  private static void overwrite(Parameter parameter, Tensor saved) {
    Autograd.noGrad(
        () -> {
          Tensor value = parameter.value();
          boolean same = !parameter.isTrainable() && value.equal(saved.to(value.device()));
          return same ? value : value.copy_(saved);
        });
  }

  private static Map<String, Tensor> tensors(Weights weights) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    weights.specs().keySet().forEach(name -> tensors.put(name, weights.get(name)));
    return tensors;
  }

  private static Map<String, TensorSpec> specs(Map<String, Tensor> tensors) {
    Map<String, TensorSpec> specs = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> specs.put(name, TensorSpec.of(tensor)));
    return specs;
  }
}
