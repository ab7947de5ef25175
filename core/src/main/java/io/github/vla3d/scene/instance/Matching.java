package io.github.vla3d.scene.instance;

import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.input.SceneException;
import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Which probe answers for which object, Eq. (5): objects are matched once in space, with the costs
 * of their pictures averaged over the views that show them. All layers use the assignment of the
 * last. Nothing here has a gradient.
 */
public final class Matching {
  private Matching() {}

  /**
   * @param targetOfProbe [B][Q] the place of a probe's object, or -1
   */
  public record Match(int[][] targetOfProbe) {
    /** I64 [B, Q]. */
    public Tensor toTensor() {
      long[] flat =
          Arrays.stream(targetOfProbe).flatMapToInt(Arrays::stream).asLongStream().toArray();
      return Tensors.of(flat, targetOfProbe.length, flat.length / targetOfProbe.length);
    }

    /** Probes with an object, over the batch. */
    public int count() {
      return (int)
          Arrays.stream(targetOfProbe).flatMapToInt(Arrays::stream).filter(t -> t >= 0).count();
    }
  }

  /**
   * The assignment.
   *
   * @param present BOOL [B, V]
   * @throws SceneException if a sample has more objects than there are probes
   */
  public static Match match(
      LayerPrediction prediction, Targets targets, Tensor present, SceneConfig config) {
    return Autograd.noGrad(
        () ->
            Scope.call(
                scope ->
                    config.matching() == SceneConfig.Matching.THREE_D
                        ? inSpace(prediction, targets, present, config.loss())
                        : inPictures(prediction, targets, present, config.loss())));
  }

  private static Match inSpace(
      LayerPrediction prediction, Targets targets, Tensor present, SceneConfig.Loss loss) {
    Tensor cost = cost(prediction, targets, present, loss);
    int b = (int) cost.size(0);
    int q = (int) cost.size(1);
    int t = (int) cost.size(2);
    double[] values = cost.to(DType.F64).toDoubles();
    boolean[] valid = targets.counted(present).any(false, -1).toBooleans();
    int[][] result = new int[b][q];
    for (int i = 0; i < b; i++) {
      Arrays.fill(result[i], -1);
      int sample = i;
      assign(
          range(t, j -> valid[sample * t + j]),
          q,
          (probe, target) -> values[(sample * q + probe) * t + target],
          (probe, target) -> result[sample][probe] = target);
    }
    return new Match(result);
  }

  private static Match inPictures(
      LayerPrediction prediction, Targets targets, Tensor present, SceneConfig.Loss loss) {
    Tensor cost =
        inViews(prediction, targets, loss)
            .add(classCost(prediction, loss).unsqueeze(1))
            .to(DType.F64);
    int b = (int) cost.size(0);
    int v = (int) cost.size(1);
    int q = (int) cost.size(2);
    int t = (int) cost.size(3);
    double[] values = cost.toDoubles();
    boolean[] counted = targets.counted(present).toBooleans();
    int[][] result = new int[b][q];
    for (int i = 0; i < b; i++) {
      Arrays.fill(result[i], -1);
      double[] best = new double[q];
      Arrays.fill(best, Double.POSITIVE_INFINITY);
      for (int view = 0; view < v; view++) {
        int sample = i;
        int at = view;
        PairCost inView = (probe, target) -> values[((sample * v + at) * q + probe) * t + target];
        assign(
            range(t, j -> counted[(sample * t + j) * v + at]),
            q,
            inView,
            (probe, target) -> {
              double c = inView.of(probe, target);
              if (c < best[probe]) {
                best[probe] = c;
                result[sample][probe] = target;
              }
            });
      }
    }
    return new Match(result);
  }

  private interface PairCost {
    double of(int probe, int target);
  }

  private interface Assigned {
    void take(int probe, int target);
  }

  private static int[] range(int n, IntPredicate wanted) {
    return IntStream.range(0, n).filter(wanted).toArray();
  }

  private static void assign(int[] targets, int probes, PairCost cost, Assigned assigned) {
    if (targets.length > probes) {
      throw new SceneException(
          "targets: wanted at most as many as the %d probes, got %d"
              .formatted(probes, targets.length));
    }
    if (targets.length == 0) {
      return;
    }
    double[][] table = new double[probes][targets.length];
    for (int p = 0; p < probes; p++) {
      for (int j = 0; j < targets.length; j++) {
        table[p][j] = cost.of(p, targets[j]);
      }
    }
    int[] probeOf = Assignment.solve(table);
    for (int j = 0; j < targets.length; j++) {
      assigned.take(probeOf[j], targets[j]);
    }
  }

  /**
   * C of Eq. (5).
   *
   * @param present BOOL [B, V]
   * @return [B, Q, T], 0 where there is no object
   */
  public static Tensor cost(
      LayerPrediction prediction, Targets targets, Tensor present, SceneConfig.Loss loss) {
    return Scope.tensor(
        () -> {
          Tensor counted = targets.counted(present).transpose(1, 2).unsqueeze(2); // [B, V, 1, T]
          Tensor views = counted.to(targets.centroids().dtype()).sum(false, 1); // [B, 1, T]
          Tensor pictures =
              inViews(prediction, targets, loss)
                  .maskedFill(counted.not(), 0)
                  .sum(false, 1)
                  .div(views.clampMin(1));
          Tensor distance =
              prediction
                  .points()
                  .unsqueeze(2)
                  .sub(targets.centroids().unsqueeze(1))
                  .abs()
                  .sum(false, -1);
          return classCost(prediction, loss)
              .add(pictures)
              .add(distance.mul(loss.centroid()))
              .maskedFill(views.eq(0), 0);
        });
  }

  /** [B, Q, 1]. */
  private static Tensor classCost(LayerPrediction prediction, SceneConfig.Loss loss) {
    return DetectionLosses.focalCost(prediction.logits()).unsqueeze(-1).mul(loss.cls());
  }

  /** Cost of boxes in each view: [B, V, Q, T]. */
  private static Tensor inViews(
      LayerPrediction prediction, Targets targets, SceneConfig.Loss loss) {
    Tensor boxes = prediction.boxes().unsqueeze(3); // [B, V, Q, 1, 4]
    Tensor wanted = targets.boxes().transpose(1, 2).unsqueeze(2); // [B, V, 1, T, 4]
    Tensor l1 = boxes.sub(wanted).abs().sum(false, -1);
    Tensor giou = DetectionLosses.giou(boxes, wanted);
    return l1.mul(loss.box()).sub(giou.mul(loss.giou()));
  }

  /** Probes and their objects. */
  record Pairs(List<int[]> pairs) {
    /** (sample, probe, target) of every probe with an object. */
    static Pairs of(Match match) {
      List<int[]> pairs = new ArrayList<>();
      int[][] target = match.targetOfProbe();
      for (int b = 0; b < target.length; b++) {
        for (int q = 0; q < target[b].length; q++) {
          if (target[b][q] >= 0) {
            pairs.add(new int[] {b, q, target[b][q]});
          }
        }
      }
      return new Pairs(pairs);
    }

    /** (sample, probe, target, view) of every view that counts. */
    Pairs inViews(Targets targets, Tensor present) {
      boolean[] counted = targets.counted(present).toBooleans();
      int t = (int) targets.inView().size(1);
      int v = (int) targets.inView().size(2);
      List<int[]> result = new ArrayList<>();
      for (int[] pair : pairs) {
        for (int view = 0; view < v; view++) {
          if (counted[(pair[0] * t + pair[2]) * v + view]) {
            result.add(new int[] {pair[0], pair[1], pair[2], view});
          }
        }
      }
      return new Pairs(result);
    }

    int size() {
      return pairs.size();
    }

    /** I64 [size]: the numbers at a place of every pair. */
    Tensor column(int place) {
      return Tensors.of(pairs.stream().mapToLong(p -> p[place]).toArray(), pairs.size());
    }
  }
}
