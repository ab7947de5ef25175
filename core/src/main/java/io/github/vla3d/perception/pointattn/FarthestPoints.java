package io.github.vla3d.perception.pointattn;

import io.github.vla3d.geometry.Clouds;
import io.github.vla3d.geometry.PointCloud;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;

/**
 * Farthest-point sampling of a batch, from the first point on. Where a cloud has fewer different
 * points than are wanted, its duplicates are taken in order; the published kernel would take the
 * first point again and again.
 */
final class FarthestPoints {
  private FarthestPoints() {}

  /** Of clouds [B, n, 3]: I64 [B, count], on the device of the clouds. */
  static Tensor of(Tensor clouds, int count) {
    return Scope.tensor(
        () -> {
          int batch = Math.toIntExact(clouds.size(0));
          long[] all = new long[batch * count];
          for (int b = 0; b < batch; b++) {
            int[] picks =
                Clouds.farthestPoints(
                    PointCloud.of(clouds.select(0, b).contiguous().toFloats()), count, 0);
            for (int i = 0; i < count; i++) {
              all[b * count + i] = picks[i];
            }
          }
          return Tensors.of(all, batch, count).to(clouds.device());
        });
  }

  /** Rows of x [B, n, C] by numbers [B, m]: [B, m, C]. */
  static Tensor rows(Tensor x, Tensor numbers) {
    return Scope.tensor(
        () ->
            x.gather(1, numbers.unsqueeze(-1).expand(numbers.size(0), numbers.size(1), x.size(2))));
  }
}
