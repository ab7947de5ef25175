package io.github.vla3d.scene.completion;

import io.github.vla3d.geometry.Clouds;
import io.github.vla3d.geometry.PointCloud;
import io.github.vla3d.scene.config.SceneConfig;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The part of a whole object that nobody has seen, and the points of it that are asked for.
 *
 * @param delta distance of each dense point to the nearest observed one, metres
 * @param share of the dense points that are farther from all observed ones than the rule's radius
 * @param candidates the rule's part of the dense points, those with the largest delta, as far as
 *     they are hidden; ascending
 * @param picks dense points that are asked for, spread over the candidates, first the one with the
 *     largest delta; repeated in their order where there are too few; none without candidates
 */
@SuppressWarnings("ArrayRecordComponent") // a plain carrier, made and read once
public record HiddenPoints(double[] delta, double share, int[] candidates, int[] picks) {
  /**
   * @throws io.github.vla3d.geometry.GeometryException if a cloud is empty
   */
  public static HiddenPoints of(
      PointCloud observed, PointCloud dense, SceneConfig.Completion rule) {
    double[] delta = Clouds.squaredDistances(dense, observed);
    int hidden = 0;
    for (int i = 0; i < delta.length; i++) {
      delta[i] = Math.sqrt(delta[i]);
      hidden += delta[i] > rule.unobserved() ? 1 : 0;
    }
    int[] candidates = candidates(delta, rule);
    return new HiddenPoints(
        delta, (double) hidden / delta.length, candidates, picks(dense, delta, candidates, rule));
  }

  private static int[] candidates(double[] delta, SceneConfig.Completion rule) {
    int wanted = (int) Math.ceil(rule.candidates() * delta.length);
    double[] sorted = delta.clone();
    Arrays.sort(sorted);
    double least = sorted[sorted.length - wanted];
    int above = 0;
    for (double value : delta) {
      above += value > least ? 1 : 0;
    }
    int equals = wanted - above; // of those at the limit, the first ones
    int[] candidates = new int[wanted];
    int n = 0;
    for (int i = 0; i < delta.length; i++) {
      boolean taken = delta[i] > least || (delta[i] == least && equals-- > 0);
      if (taken && delta[i] > rule.unobserved()) {
        candidates[n++] = i;
      }
    }
    return Arrays.copyOf(candidates, n);
  }

  private static int[] picks(
      PointCloud dense, double[] delta, int[] candidates, SceneConfig.Completion rule) {
    if (candidates.length == 0) {
      return new int[0];
    }
    int first = 0;
    for (int i = 1; i < candidates.length; i++) {
      if (delta[candidates[i]] > delta[candidates[first]]) {
        first = i;
      }
    }
    int[] spread =
        Clouds.farthestPoints(
            dense.select(candidates), Math.min(rule.queries(), candidates.length), first);
    return IntStream.range(0, rule.queries())
        .map(i -> candidates[spread[i % spread.length]])
        .toArray();
  }

  /** Whether the object counts as occluded. */
  public boolean isOccluded(SceneConfig.Completion rule) {
    return share > rule.minShare() && candidates.length > 0;
  }
}
