package io.github.vla3d.scene.instance;

import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;

/**
 * The published costs and losses that Eq. 5 and 6 add up: focal (Lin et al., arXiv 1708.02002), box
 * overlap (Rezatofighi et al., arXiv 1902.09630), mask cross entropy and DICE (Milletari et al.,
 * arXiv 1606.04797), as Deformable DETR and MaskDINO use them. Sums and divisors are the caller's.
 *
 * <p>Boxes are (centre x, centre y, width, height), relative to the picture.
 */
public final class DetectionLosses {
  private static final double ALPHA = 0.25;

  /** Keeps the logarithms of the cost finite, as in the reference. */
  private static final double COST_EPSILON = 1e-8;

  /** Smallest area to divide by: far below that of a pixel. */
  private static final double LEAST_AREA = 1e-12;

  private DetectionLosses() {}

  /**
   * What calling a probe an object costs, less what calling it background costs: alpha (1 - p)^2
   * (-log p) - (1 - alpha) p^2 (-log(1 - p)) with p = sigmoid(logit), alpha 0.25. Element-wise.
   */
  public static Tensor focalCost(Tensor logits) {
    return Scope.tensor(
        () -> {
          Tensor p = logits.sigmoid();
          Tensor q = logits.neg().sigmoid();
          Tensor object = q.square().mul(p.add(COST_EPSILON).log()).mul(-ALPHA);
          Tensor background = p.square().mul(q.add(COST_EPSILON).log()).mul(ALPHA - 1);
          return object.sub(background);
        });
  }

  /**
   * Cross entropy times (1 - p_t)^2 alpha_t, where p_t is the probability given to the target and
   * alpha_t is 0.25 for objects and 0.75 for background. Element-wise.
   *
   * @param targets 1 object, 0 background, of the logits' type; shapes broadcast
   */
  public static Tensor focal(Tensor logits, Tensor targets) {
    return Scope.tensor(
        () -> {
          Tensor p = logits.sigmoid();
          Tensor missed = p.add(targets).sub(p.mul(targets).mul(2)); // 1 - p_t
          Tensor alpha = targets.mul(2 * ALPHA - 1).add(1 - ALPHA);
          return crossEntropy(logits, targets).mul(missed.square()).mul(alpha);
        });
  }

  /** softplus(z) - z t: cross entropy of sigmoid(z) against t, without overflow. */
  private static Tensor crossEntropy(Tensor logits, Tensor targets) {
    return Functional.binaryCrossEntropyWithLogits(logits, targets);
  }

  /** Intersection over union of boxes [.., 4] and [.., 4], which broadcast: [..], 0 to 1. */
  public static Tensor iou(Tensor a, Tensor b) {
    return Scope.tensor(() -> overlap(corners(a), corners(b), false));
  }

  /**
   * Intersection over union less the share of the smallest box around both that neither fills:
   * boxes [.., 4] and [.., 4], which broadcast: [..], -1 to 1.
   */
  public static Tensor giou(Tensor a, Tensor b) {
    return Scope.tensor(() -> overlap(corners(a), corners(b), true));
  }

  /** {@link #giou} of every box of a [N, 4] with every box of b [M, 4]: [N, M]. */
  public static Tensor pairwiseGiou(Tensor a, Tensor b) {
    return Scope.tensor(() -> giou(a.unsqueeze(1), b.unsqueeze(0)));
  }

  /** {@link #iou} of every box of a [N, 4] with every box of b [M, 4]: [N, M]. */
  public static Tensor pairwiseIou(Tensor a, Tensor b) {
    return Scope.tensor(() -> iou(a.unsqueeze(1), b.unsqueeze(0)));
  }

  /** Boxes [.., 4] as (left, top, right, bottom): [.., 4]. */
  public static Tensor corners(Tensor boxes) {
    return Scope.tensor(
        () -> {
          Tensor centre = boxes.narrow(-1, 0, 2);
          Tensor half = boxes.narrow(-1, 2, 2).mul(0.5);
          return Tensors.cat(-1, centre.sub(half), centre.add(half));
        });
  }

  private static Tensor overlap(Tensor a, Tensor b, boolean generalised) {
    Tensor low = a.narrow(-1, 0, 2);
    Tensor high = a.narrow(-1, 2, 2);
    Tensor otherLow = b.narrow(-1, 0, 2);
    Tensor otherHigh = b.narrow(-1, 2, 2);
    Tensor common = area(low.maximum(otherLow), high.minimum(otherHigh));
    Tensor union = area(low, high).add(area(otherLow, otherHigh)).sub(common);
    Tensor iou = common.div(union.clampMin(LEAST_AREA));
    if (!generalised) {
      return iou;
    }
    Tensor hull = area(low.minimum(otherLow), high.maximum(otherHigh));
    return iou.sub(hull.sub(union).div(hull.clampMin(LEAST_AREA)));
  }

  private static Tensor area(Tensor low, Tensor high) {
    Tensor size = high.sub(low).clampMin(0);
    return size.select(-1, 0).mul(size.select(-1, 1));
  }

  /** Mean cross entropy of masks [.., P] against soft targets [.., P] over their cells: [..]. */
  public static Tensor maskCrossEntropy(Tensor logits, Tensor targets) {
    return Scope.tensor(() -> crossEntropy(logits, targets).mean(false, -1));
  }

  /**
   * 1 - (2 sum(s t) + 1) / (sum(s) + sum(t) + 1) with s = sigmoid(logits): masks [.., P] against
   * soft targets [.., P]: [..].
   */
  public static Tensor dice(Tensor logits, Tensor targets) {
    return Scope.tensor(
        () -> {
          Tensor s = logits.sigmoid();
          Tensor twice = s.mul(targets).sum(false, -1).mul(2).add(1);
          Tensor all = s.sum(false, -1).add(targets.sum(false, -1)).add(1);
          return twice.div(all).neg().add(1);
        });
  }
}
