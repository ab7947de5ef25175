package io.github.vla3d.agent;

import io.github.vla3d.torch.Tensor;

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
 */
public record TrainingBatch(
    PreparedObservation observation, Tensor actions, Tensor padded, int width) {}
