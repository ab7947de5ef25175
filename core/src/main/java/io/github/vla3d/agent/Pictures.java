package io.github.vla3d.agent;

import io.github.vla3d.data.RgbImage;
import io.github.vla3d.policy.PolicyException;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;

/** Java's numbers as tensors on the CPU. */
final class Pictures {
  private Pictures() {}

  /** U8 [h, w, 3]. */
  static Tensor bytes(RgbImage image) {
    return Tensors.of(DType.U8, image.bytes(), image.height(), image.width(), 3);
  }

  /** F32 in [0, 1] of bytes. */
  static Tensor unit(Tensor bytes) {
    return bytes.to(DType.F32).div(255);
  }

  /**
   * F32 [H, width].
   *
   * @throws PolicyException if a row is of another length, or holds what is not finite
   */
  static Tensor rows(float[][] rows, int width) {
    float[] all = new float[rows.length * width];
    for (int i = 0; i < rows.length; i++) {
      if (rows[i].length != width) {
        throw new PolicyException(
            "actions: wanted %d numbers, got %d at %d".formatted(width, rows[i].length, i));
      }
      for (float value : rows[i]) {
        if (!Float.isFinite(value)) {
          throw new PolicyException("actions: wanted finite numbers, got " + value + " at " + i);
        }
      }
      System.arraycopy(rows[i], 0, all, i * width, width);
    }
    return Tensors.of(all, rows.length, width);
  }
}
