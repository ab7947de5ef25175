package io.github.vla3d.policy.processing.lerobot;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a checkpoint's files leave open.
 *
 * @param tokenizer a tokenizer for files that only name one on a hub; null if they bring it along
 * @param promptStateLength pi0.5: the state in the prompt is padded with zeros to this length, 0
 *     for none. Policies fine-tuned with LeRobot up to 0.4.4 want 32, and act badly without
 * @param stateInPrompt pi0.5: false for policies that get the state in another way
 * @param renames of observations, in place of those of the file; null for those of the file
 */
public record ProcessorOptions(
    @Nullable Path tokenizer,
    int promptStateLength,
    boolean stateInPrompt,
    @Nullable Map<String, String> renames) {
  /** What files of the current LeRobot need. */
  public static final ProcessorOptions DEFAULTS = new ProcessorOptions(null, 0, true, null);

  public ProcessorOptions {
    renames = renames == null ? null : Map.copyOf(renames);
  }
}
