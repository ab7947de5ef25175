package io.github.vla3d.scene.completion;

import io.github.vla3d.scene.input.SceneException;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.util.Arrays;
import java.util.List;

/**
 * What is hidden of the objects of labels, as it was made offline: what a {@link CompletionHead} is
 * trained on. T places for objects a sample, n points of each.
 *
 * @param points F32 [B, T, n, 3], metres in the robot's base frame; any where there are none
 * @param shares F32 [B, T]: the share that no view shows
 * @param occluded BOOL [B, T]: objects that have such points
 * @param known BOOL [B, T]: objects of which enough is seen to know the share
 */
public record HiddenParts(Tensor points, Tensor shares, Tensor occluded, Tensor known) {
  public HiddenParts {
    long b = known.dim() == 2 ? known.size(0) : -1;
    long t = known.dim() == 2 ? known.size(1) : -1;
    boolean fits =
        known.dtype() == DType.BOOL
            && occluded.dtype() == DType.BOOL
            && Arrays.equals(occluded.shape(), new long[] {b, t})
            && Arrays.equals(shares.shape(), new long[] {b, t})
            && points.dim() == 4
            && Arrays.equals(points.shape(), new long[] {b, t, points.size(2), 3});
    if (!fits) {
      throw new SceneException(
          "hidden parts: wanted points [B, T, n, 3], shares and BOOL flags [B, T], got "
              + points
              + ", "
              + shares
              + ", "
              + occluded
              + ", "
              + known);
    }
  }

  /**
   * Of a batch, in the caller's scope.
   *
   * @param samples of each those objects of which enough is seen; their slots are places of objects
   * @param objects T
   * @param queries n
   */
  public static HiddenParts of(
      List<List<CompletionPoints.Seen>> samples, int objects, int queries) {
    int b = samples.size();
    float[] points = new float[b * objects * queries * 3];
    float[] shares = new float[b * objects];
    boolean[] occluded = new boolean[b * objects];
    boolean[] known = new boolean[b * objects];
    for (int sample = 0; sample < b; sample++) {
      for (CompletionPoints.Seen seen : samples.get(sample)) {
        int at = sample * objects + seen.slot();
        known[at] = true;
        shares[at] = (float) seen.share();
        occluded[at] = seen.occluded().isPresent();
        double[] xyz = seen.occluded().map(one -> one.points().toArray()).orElse(new double[0]);
        for (int i = 0; i < xyz.length; i++) {
          points[at * queries * 3 + i] = (float) xyz[i];
        }
      }
    }
    return Scope.call(
        scope ->
            new HiddenParts(
                scope.keep(Tensors.of(points, b, objects, queries, 3)),
                scope.keep(Tensors.of(shares, b, objects)),
                scope.keep(Tensors.of(occluded, b, objects)),
                scope.keep(Tensors.of(known, b, objects))));
  }

  /**
   * Those of the objects that somebody answers for.
   *
   * @param objects I64 [B, S]: the place of an object, or -1
   * @return of S instances a sample; nothing is known where there is no object
   */
  public HiddenParts at(Tensor objects) {
    return Scope.call(
        scope -> {
          long b = objects.size(0);
          long s = objects.size(1);
          long n = points.size(2);
          Tensor some = objects.ge(0);
          Tensor index = objects.maskedFill(some.not(), 0); // clampMin would make it floating
          Tensor rows = index.unsqueeze(-1).expand(b, s, 3 * n);
          return new HiddenParts(
              scope.keep(points.flatten(2, 3).gather(1, rows).view(b, s, n, 3)),
              scope.keep(shares.gather(1, index)),
              scope.keep(occluded.gather(1, index).and(some)),
              scope.keep(known.gather(1, index).and(some)));
        });
  }
}
