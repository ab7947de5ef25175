package io.github.vla3d.training;

import io.github.vla3d.agent.AgentOptions;
import io.github.vla3d.agent.Stage;
import io.github.vla3d.scene.config.Preset;
import java.nio.file.Path;
import java.util.List;

/**
 * What to train.
 *
 * @param data folder of a data set with depth, cameras and end-effector
 * @param episodes of it that are trained on; all if empty
 * @param base folder of the policy
 * @param out folder for checkpoints, curves and logs
 * @param cache folder for decoded frames, which trainings on the same data may share
 * @param preset all choices
 * @param stages in their order
 * @param agent how to load the policy
 * @param seed of weights, order and noise
 * @param saveEvery steps from one checkpoint to the next; also one at the end of each stage
 */
public record TrainingOptions(
    Path data,
    List<Integer> episodes,
    Path base,
    Path out,
    Path cache,
    Preset preset,
    List<Stage> stages,
    AgentOptions agent,
    long seed,
    long saveEvery) {
  public TrainingOptions {
    episodes = List.copyOf(episodes);
    stages = List.copyOf(stages);
    if (stages.isEmpty() || saveEvery < 1) {
      throw new IllegalArgumentException(
          "training: wanted a stage and steps between checkpoints >= 1, got %s and %d"
              .formatted(stages, saveEvery));
    }
  }

  /** With decoded frames in the output folder. */
  public TrainingOptions(
      Path data,
      List<Integer> episodes,
      Path base,
      Path out,
      Preset preset,
      List<Stage> stages,
      AgentOptions agent,
      long seed,
      long saveEvery) {
    this(data, episodes, base, out, out.resolve("frames"), preset, stages, agent, seed, saveEvery);
  }
}
