package io.github.vla3d.policy;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Tensor;

/**
 * The pictures of one camera.
 *
 * @param camera its name in the policy's configuration
 * @param pixels floating [B, 3, h, w] in [-1, 1], RGB, resized as the family asks
 * @param present BOOL [B]: which samples have this camera; pixels of the others are not looked at
 */
public record View(String camera, Tensor pixels, Tensor present) {
  public View {
    if (pixels.dim() != 4 || pixels.size(1) != 3 || !pixels.dtype().isFloating()) {
      throw new PolicyException(
          "camera '" + camera + "': wanted floating [B, 3, h, w], got " + pixels);
    }
    if (present.dtype() != DType.BOOL || present.dim() != 1 || present.size(0) != pixels.size(0)) {
      throw new PolicyException(
          "camera '"
              + camera
              + "': wanted BOOL ["
              + pixels.size(0)
              + "] for its presence, got "
              + present);
    }
  }
}
