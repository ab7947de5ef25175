package io.github.vla3d.policy.processing.openpi;

import io.github.vla3d.geometry.ImageTransform;
import io.github.vla3d.policy.processing.PromptTokens;
import io.github.vla3d.torch.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the network takes, without a batch dimension.
 *
 * @param cameras in the order of the network
 * @param state [D], normalised and padded with zeros
 * @param actions [H, D] in training, likewise; else null
 * @param prompt the tokens
 */
public record ModelInput(
    List<Camera> cameras, Tensor state, @Nullable Tensor actions, PromptTokens prompt) {
  /**
   * @param name as the network knows it
   * @param image U8 [h, w, 3]
   * @param present false for a black picture in place of a camera that is not there
   * @param transform from the sent picture's pixels to those of the image
   */
  public record Camera(String name, Tensor image, boolean present, ImageTransform transform) {}

  public ModelInput {
    cameras = List.copyOf(cameras);
  }
}
