package io.github.vla3d.torch.checkpoint;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.optim.ParameterGroup;
import java.util.List;

/** The files of {@code training_state}: names, and the records that are JSON there. */
final class StateFiles {
  static final String MODEL = "model.safetensors";

  /** The weights that are trained, if {@link #MODEL} is their average. */
  static final String WEIGHTS = "weights.safetensors";

  static final String EMA = "ema.safetensors";
  static final String OPTIMIZER = "optimizer_state.safetensors";
  static final String GROUPS = "optimizer_param_groups.json";
  static final String SCHEDULE = "scheduler_state.json";
  static final String RANDOM = "rng_state.safetensors";
  static final String STEP = "training_step.json";
  static final String POSITION = "data_position.json";

  private StateFiles() {}

  /**
   * @param optimizer simple name of the optimiser's class
   */
  record Groups(String optimizer, List<Group> groups) {
    static Groups of(Training training) {
      return new Groups(
          training.optimizer().getClass().getSimpleName(),
          training.groups().stream().map(Group::of).toList());
    }

    void check(String source, Groups own) {
      if (!optimizer.equals(own.optimizer)) {
        throw new TorchException(
            source + ": written by " + optimizer + ", this run has " + own.optimizer);
      }
      if (groups.size() != own.groups.size()) {
        throw new TorchException(
            source
                + ": has "
                + groups.size()
                + " parameter groups, this run has "
                + own.groups.size());
      }
      for (int i = 0; i < groups.size(); i++) {
        groups.get(i).check(source + ": group " + i, own.groups.get(i));
      }
    }
  }

  /**
   * @param params names in their order
   */
  @JsonNaming(SnakeCaseStrategy.class)
  record Group(List<String> params, double learningRateScale, double weightDecay) {
    static Group of(ParameterGroup group) {
      return new Group(
          List.copyOf(group.parameters().keySet()), group.learningRateScale(), group.weightDecay());
    }

    void check(String source, Group own) {
      if (!params.equals(own.params)) {
        throw new TorchException(source + ": has other parameters than that of this run");
      }
      if (learningRateScale != own.learningRateScale || weightDecay != own.weightDecay) {
        throw new TorchException(
            "%s: has learning-rate scale %s and weight decay %s, this run has %s and %s"
                .formatted(
                    source,
                    learningRateScale,
                    weightDecay,
                    own.learningRateScale,
                    own.weightDecay));
      }
    }
  }

  /**
   * A schedule is a function of the step; this is enough to notice another one.
   *
   * @param nextLearningRate that of the step to come
   */
  @JsonNaming(SnakeCaseStrategy.class)
  record ScheduleState(long step, double nextLearningRate) {
    void check(String source, Training training) {
      double own = training.schedule().at(step);
      // Cosines of two machines may differ in the last digits; two schedules differ by more.
      if (!(Math.abs(own - nextLearningRate) <= 1e-9 * Math.abs(nextLearningRate))) {
        throw new TorchException(
            "%s: the learning rate after step %d was to be %s, the schedule of this run says %s"
                .formatted(source, step, nextLearningRate, own));
      }
    }
  }

  record Step(long step) {}

  record Position(long epoch, long batch) {
    Position {
      if (epoch < 0 || batch < 0) {
        throw new TorchException("wanted numbers >= 0, got " + epoch + ", " + batch);
      }
    }
  }
}
