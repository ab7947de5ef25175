package io.github.vla3d.scene.aggregation;

import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.instance.Instances;
import io.github.vla3d.scene.instance.Matching;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The probes that become instance tokens. S slots, 16 in the paper.
 *
 * @param index I64 [B, S]: the probe of a slot, 0 where none
 * @param valid BOOL [B, S]
 */
public record Selection(Tensor index, Tensor valid) {
  /**
   * While training: probes with an object first, then the others, both by falling logit, whatever
   * their probability: else nothing would be handed over at first and its projection never learn.
   * At inference: by falling logit while the probability is above the threshold, leaving out a
   * probe nearer than the radius to one already taken. Equal logits go by the lower index.
   *
   * @param match the assignment while training; null at inference
   */
  public static Selection of(
      Instances instances, Matching.@Nullable Match match, SceneConfig.Selection rule) {
    return of(instances.logits(), instances.points(), match, rule);
  }

  /**
   * {@link #of(Instances, Matching.Match, SceneConfig.Selection)} of plain tensors.
   *
   * @param logits [B, Q]
   * @param points [B, Q, 3], metres
   */
  public static Selection of(
      Tensor logits, Tensor points, Matching.@Nullable Match match, SceneConfig.Selection rule) {
    int b = (int) logits.size(0);
    int q = (int) logits.size(1);
    int slots = rule.instances();
    double[] l = logits.detach().to(DType.F64).toDoubles();
    double[] p = points.detach().to(DType.F64).toDoubles();
    long[] index = new long[b * slots];
    boolean[] valid = new boolean[b * slots];
    for (int i = 0; i < b; i++) {
      int first = i * q;
      List<Integer> order =
          new ArrayList<>(
              IntStream.range(0, q)
                  .boxed()
                  .sorted(Comparator.comparingDouble((Integer j) -> -l[first + j]))
                  .toList());
      List<Integer> taken;
      if (match != null) {
        int[] target = match.targetOfProbe()[i];
        order.sort(Comparator.comparing((Integer j) -> target[j] < 0));
        taken = order;
      } else {
        taken = apart(order, l, p, first, rule);
      }
      for (int slot = 0; slot < Math.min(slots, taken.size()); slot++) {
        index[i * slots + slot] = taken.get(slot);
        valid[i * slots + slot] = true;
      }
    }
    return Scope.call(
        scope ->
            new Selection(
                scope.keep(Tensors.of(index, b, slots).to(logits.device())),
                scope.keep(Tensors.of(valid, b, slots).to(logits.device()))));
  }

  private static List<Integer> apart(
      List<Integer> order, double[] l, double[] p, int first, SceneConfig.Selection rule) {
    List<Integer> taken = new ArrayList<>();
    for (int j : order) {
      if (!(1 / (1 + Math.exp(-l[first + j])) > rule.score())) {
        break;
      }
      boolean free = true;
      for (int k : taken) {
        double squared = 0;
        for (int a = 0; a < 3; a++) {
          double d = p[3 * (first + j) + a] - p[3 * (first + k) + a];
          squared += d * d;
        }
        free &= !(Math.sqrt(squared) < rule.radius());
      }
      if (free) {
        taken.add(j);
      }
      if (taken.size() == rule.instances()) {
        break;
      }
    }
    return taken;
  }

  /** Rows of x [B, Q, ..] at the slots, 0 where a slot is empty: [B, S, ..]. */
  public Tensor gather(Tensor x) {
    return Scope.tensor(
        () -> {
          Tensor rows =
              x.dim() == 2
                  ? x.gather(1, index)
                  : x.gather(
                      1, index.unsqueeze(-1).expand(index.size(0), index.size(1), x.size(2)));
          Tensor empty = x.dim() == 2 ? valid.not() : valid.not().unsqueeze(-1);
          return rows.maskedFill(empty, 0);
        });
  }
}
