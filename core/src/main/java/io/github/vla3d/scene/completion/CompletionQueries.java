package io.github.vla3d.scene.completion;

import io.github.vla3d.scene.input.SceneException;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Tensor;
import java.util.Arrays;

/**
 * Where hidden tokens are to be completed: P_comp of Eq. (8).
 *
 * @param points F32 [B, n, 3], metres in the robot's base frame; any where not valid
 * @param viewIds I64 [B, n]: the number of the view that shows most of the instance, or V_max
 * @param valid BOOL [B, n]
 */
public record CompletionQueries(Tensor points, Tensor viewIds, Tensor valid) {
  public CompletionQueries {
    long b = valid.dim() == 2 ? valid.size(0) : -1;
    long n = valid.dim() == 2 ? valid.size(1) : -1;
    boolean fits =
        valid.dtype() == DType.BOOL
            && viewIds.dtype() == DType.I64
            && Arrays.equals(points.shape(), new long[] {b, n, 3})
            && Arrays.equals(viewIds.shape(), new long[] {b, n});
    if (!fits) {
      throw new SceneException(
          "completion queries: wanted points [B, n, 3], I64 ids and BOOL validity [B, n], got "
              + points
              + ", "
              + viewIds
              + ", "
              + valid);
    }
  }
}
