package io.github.vla3d.policy.processing.openpi;

import io.github.vla3d.torch.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request in the terms of the network, not yet resized or normalised.
 *
 * @param images U8 [h, w, 3] by the network's names of cameras, in its order
 * @param present by the same names: false for a black picture in place of a camera that is not
 *     there
 * @param state [D]
 * @param actions [H, D] in training, else null
 */
record RobotInput(
    Map<String, Tensor> images,
    Map<String, Boolean> present,
    Tensor state,
    @Nullable Tensor actions) {
  RobotInput {
    images = new LinkedHashMap<>(images);
    present = Map.copyOf(present);
  }

  RobotInput withActions(Tensor actions) {
    return new RobotInput(images, present, state, actions);
  }
}
