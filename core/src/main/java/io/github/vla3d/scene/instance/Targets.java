package io.github.vla3d.scene.instance;

import io.github.vla3d.scene.input.SceneException;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Tensor;
import java.util.Arrays;

/**
 * Objects of a batch of scenes, as labels say. T places for objects a sample, V views.
 *
 * @param boxes F32 [B, T, V, 4]: centre x and y, width and height in units of the picture
 * @param centroids F32 [B, T, 3]: metres in the robot's base frame
 * @param valid BOOL [B, T]: which places are taken
 * @param inView BOOL [B, T, V]: in which views an object has a box and a mask
 * @param masks BOOL, or floating in [0, 1], [B, T, V, H, W]
 */
public record Targets(Tensor boxes, Tensor centroids, Tensor valid, Tensor inView, Tensor masks) {
  public Targets {
    long b = valid.dim() == 2 ? valid.size(0) : -1;
    long t = valid.dim() == 2 ? valid.size(1) : -1;
    long v = inView.dim() == 3 ? inView.size(2) : -1;
    check("target validity", valid, b, t);
    check("targets in views", inView, b, t, v);
    check("target boxes", boxes, b, t, v, 4);
    check("target centroids", centroids, b, t, 3);
    check("target masks", masks, b, t, v, masks.size(-2), masks.size(-1));
    if (valid.dtype() != DType.BOOL || inView.dtype() != DType.BOOL) {
      throw new SceneException(
          "targets: wanted BOOL validity, got " + valid.dtype() + " and " + inView.dtype());
    }
  }

  private static void check(String name, Tensor tensor, long... wanted) {
    if (!Arrays.equals(tensor.shape(), wanted)) {
      throw new SceneException(name + ": wanted " + Arrays.toString(wanted) + ", got " + tensor);
    }
  }

  /** BOOL [B, T, V]: in which views a valid object counts, V_j of Eq. (5). */
  Tensor counted(Tensor present) {
    return inView.and(valid.unsqueeze(-1)).and(present.unsqueeze(1));
  }
}
