package io.github.vla3d.agent;

import io.github.vla3d.policy.Instruction;
import io.github.vla3d.policy.View;
import io.github.vla3d.torch.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A batch to train a policy on without geometry; tensors of the scope in which it was made.
 *
 * @param views pictures in the order of the prefix
 * @param instruction prompts as tokens
 * @param state normalised [B, S]; null if the policy reads none beside the prompt
 * @param actions F32 [B, H, A]: normalised, padded with zeros to the network's width
 * @param weight F32 [B, H]: 0 for actions that are not trained on
 * @param grounding F32 [B, V N, C] in [0, 1]: the share of each token's pixels that show a thing of
 *     each kind; null if nobody knows
 * @param width of the robot's actions
 */
public record BaseBatch(
    List<View> views,
    Instruction instruction,
    @Nullable Tensor state,
    Tensor actions,
    Tensor weight,
    @Nullable Tensor grounding,
    int width) {
  public BaseBatch {
    views = List.copyOf(views);
  }

  /** Samples, B. */
  public int size() {
    return Math.toIntExact(actions.size(0));
  }
}
