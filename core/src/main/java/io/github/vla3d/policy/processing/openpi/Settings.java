package io.github.vla3d.policy.processing.openpi;

import io.github.vla3d.policy.processing.ProcessingException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What openpi keeps in a training configuration: a checkpoint of its does not say how it wants its
 * inputs.
 *
 * @param robot whose requests these are
 * @param quantiles normalised by q01 and q99, else by mean and std
 * @param delta which dimensions of the actions count from the state; empty: none
 * @param stateInPrompt pi0.5 that reads the state in its prompt
 * @param maxTokens to which prompts are padded or cut
 * @param imageHeight of the network's pictures, pixels
 * @param imageWidth of the network's pictures, pixels
 * @param actionSize to which state and actions are padded with zeros
 * @param defaultPrompt for requests without one; null: they are an error
 */
public record Settings(
    Robot robot,
    boolean quantiles,
    List<Boolean> delta,
    boolean stateInPrompt,
    int maxTokens,
    int imageHeight,
    int imageWidth,
    int actionSize,
    @Nullable String defaultPrompt) {
  public Settings {
    delta = List.copyOf(delta);
    if (maxTokens < 1 || imageHeight < 1 || imageWidth < 1) {
      throw new ProcessingException(
          "settings: wanted sizes above 0, got %d tokens and %d x %d pixels"
              .formatted(maxTokens, imageHeight, imageWidth));
    }
    if (actionSize < Math.max(robot.actionSize(), delta.size())) {
      throw new ProcessingException(
          "settings: wanted an action size of at least %d, got %d"
              .formatted(Math.max(robot.actionSize(), delta.size()), actionSize));
    }
  }

  /**
   * A mask written as lengths of runs: positive ones count from the state, negative ones do not, so
   * that (6, -1) is six joints and an absolute gripper.
   */
  public static List<Boolean> mask(int... runs) {
    List<Boolean> mask = new ArrayList<>();
    for (int run : runs) {
      for (int i = 0; i < Math.abs(run); i++) {
        mask.add(run > 0);
      }
    }
    return mask;
  }

  /** The same with another default prompt. */
  public Settings withDefaultPrompt(@Nullable String prompt) {
    return new Settings(
        robot,
        quantiles,
        delta,
        stateInPrompt,
        maxTokens,
        imageHeight,
        imageWidth,
        actionSize,
        prompt);
  }
}
