package io.github.vla3d.scene.completion;

import io.github.vla3d.geometry.PointCloud;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensors;
import java.util.Comparator;
import java.util.List;

/**
 * An instance of which a part is hidden.
 *
 * @param slot of the instance
 * @param viewId number of the view that shows most of it
 * @param share of it that is hidden
 * @param points that are asked for
 */
public record Occluded(int slot, long viewId, double share, PointCloud points) {
  /** Those that get completion queries: the most hidden ones, in that order, ties by slot. */
  public static List<Occluded> most(List<Occluded> all, SceneConfig.Completion rule) {
    return all.stream()
        .sorted(
            Comparator.comparingDouble((Occluded one) -> -one.share)
                .thenComparingInt(Occluded::slot))
        .limit(rule.occluded())
        .toList();
  }

  /**
   * The queries of a batch.
   *
   * @param samples of each sample those that {@link #most} names; the points of one stand beside
   *     each other
   */
  public static CompletionQueries queries(
      List<List<Occluded>> samples, SceneConfig.Completion rule, Device device) {
    int batch = samples.size();
    int slots = rule.slots();
    float[] points = new float[batch * slots * 3];
    long[] viewIds = new long[batch * slots];
    boolean[] valid = new boolean[batch * slots];
    for (int b = 0; b < batch; b++) {
      int at = b * slots;
      for (Occluded one : samples.get(b)) {
        double[] xyz = one.points.toArray();
        for (int i = 0; i < one.points.size(); i++, at++) {
          for (int axis = 0; axis < 3; axis++) {
            points[3 * at + axis] = (float) xyz[3 * i + axis];
          }
          viewIds[at] = one.viewId;
          valid[at] = true;
        }
      }
    }
    return Scope.call(
        scope ->
            new CompletionQueries(
                scope.keep(Tensors.of(points, batch, slots, 3).to(device)),
                scope.keep(Tensors.of(viewIds, batch, slots).to(device)),
                scope.keep(Tensors.of(valid, batch, slots).to(device))));
  }
}
