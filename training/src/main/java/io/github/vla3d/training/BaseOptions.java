package io.github.vla3d.training;

import io.github.vla3d.agent.AgentOptions;
import io.github.vla3d.scene.config.Preset;
import java.nio.file.Path;
import java.util.List;

/**
 * What to train without the plug-in.
 *
 * @param data folders of data sets, mixed by their frames
 * @param episodes of the only data set that are trained on; all if empty
 * @param base folder of the policy
 * @param out folder for checkpoints, curves and logs
 * @param cache folder for prepared frames, which runs on the same data may share
 * @param preset all choices; those of {@code base} count
 * @param agent how to load the policy
 * @param seed of order, noise and what is trained beside the policy
 * @param saveEvery steps from one checkpoint to the next; also one at the end
 */
public record BaseOptions(
    List<Path> data,
    List<Integer> episodes,
    Path base,
    Path out,
    Path cache,
    Preset preset,
    AgentOptions agent,
    long seed,
    long saveEvery) {
  public BaseOptions {
    data = List.copyOf(data);
    episodes = List.copyOf(episodes);
    if (data.isEmpty() || saveEvery < 1) {
      throw new IllegalArgumentException(
          "training: wanted a data set and steps between checkpoints >= 1, got %s and %d"
              .formatted(data, saveEvery));
    }
    if (!episodes.isEmpty() && data.size() > 1) {
      throw new IllegalArgumentException(
          "training: wanted one data set to choose episodes of, got " + data);
    }
  }
}
