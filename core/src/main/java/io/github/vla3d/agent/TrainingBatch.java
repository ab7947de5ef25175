package io.github.vla3d.agent;

import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.distributed.BatchShare;
import org.jspecify.annotations.Nullable;

/**
 * A batch to train on; tensors of the scope in which it was made.
 *
 * @param observation what was seen
 * @param actions F32 [B, H, A] to be predicted: normalised, padded with zeros to the network's
 *     width
 * @param padded BOOL [B, H]: actions behind the end of their episode. The references train on them
 *     all the same
 * @param width of the robot's actions: LeRobot's loss is the mean over the first so many of A
 *     numbers, openpi's over all A
 * @param weight F32 [B, H] of each action in the loss, 0 for those that are not trained on; null if
 *     all count the same
 */
public record TrainingBatch(
    PreparedObservation observation,
    Tensor actions,
    Tensor padded,
    int width,
    @Nullable Tensor weight) {
  /** In which all actions count the same. */
  public TrainingBatch(PreparedObservation observation, Tensor actions, Tensor padded, int width) {
    this(observation, actions, padded, width, null);
  }

  /**
   * The same with actions that count differently.
   *
   * @param weight F32 [B, H], 0 or above
   */
  public TrainingBatch weighted(Tensor weight) {
    return new TrainingBatch(observation, actions, padded, width, weight);
  }

  /**
   * The loss of the actions.
   *
   * @param each [D B, H, A] of every number of them; D draws for each sample, side by side
   * @param share of the batch that this one is
   * @return [] the mean over the first {@link #width} numbers of the actions that count, in all
   *     processes; its gradient goes to the own rows
   */
  public Tensor mean(Tensor each, BatchShare share) {
    Tensor own = each.narrow(-1, 0, width);
    if (weight == null) {
      return share.mean(own);
    }
    Tensor weights = weight.repeatInterleave(each.size(0) / weight.size(0), 0);
    return share
        .sum(own.mean(false, -1).mul(weights).sum())
        .div(share.sum(weights.sum()).clampMin(1));
  }
}
