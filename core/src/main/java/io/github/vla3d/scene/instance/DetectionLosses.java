package io.github.vla3d.scene.instance;

import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;

/**
 * The published costs and losses that Eq. 5 and 6 add up: focal (Lin et al., arXiv 1708.02002), box
 * overlap ({@link Boxes}), mask cross entropy and DICE (Milletari et al., arXiv 1606.04797), as
 * Deformable DETR and MaskDINO use them. Sums and divisors are the caller's.
 *
 * <p>Boxes are (centre x, centre y, width, height), relative to the picture.
 */
public final class DetectionLosses {
  private static final double ALPHA = 0.25;

  /** Keeps the logarithms of the cost finite, as in the reference. */
  private static final double COST_EPSILON = 1e-8;

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
        () ->
            focusedCrossEntropy(logits, targets, 2).mul(targets.mul(2 * ALPHA - 1).add(1 - ALPHA)));
  }

  /** Cross entropy times (1 - p_t)^gamma: {@link #focal} with objects and background alike. */
  public static Tensor focusedCrossEntropy(Tensor logits, Tensor targets, double gamma) {
    return Scope.tensor(
        () -> {
          Tensor p = logits.sigmoid();
          Tensor missed = p.add(targets).sub(p.mul(targets).mul(2)); // 1 - p_t
          return crossEntropy(logits, targets).mul(missed.pow(gamma));
        });
  }

  /** softplus(z) - z t: cross entropy of sigmoid(z) against t, without overflow. */
  private static Tensor crossEntropy(Tensor logits, Tensor targets) {
    return Functional.binaryCrossEntropyWithLogits(logits, targets);
  }

  /** {@link Boxes#iou} of boxes [.., 4] and [.., 4] by centre and size, which broadcast: [..]. */
  public static Tensor iou(Tensor a, Tensor b) {
    return Scope.tensor(() -> Boxes.iou(Boxes.corners(a), Boxes.corners(b)));
  }

  /** {@link Boxes#giou} of boxes [.., 4] and [.., 4] by centre and size, which broadcast: [..]. */
  public static Tensor giou(Tensor a, Tensor b) {
    return Scope.tensor(() -> Boxes.giou(Boxes.corners(a), Boxes.corners(b)));
  }

  /** {@link #giou} of every box of a [N, 4] with every box of b [M, 4]: [N, M]. */
  public static Tensor pairwiseGiou(Tensor a, Tensor b) {
    return Scope.tensor(() -> giou(a.unsqueeze(1), b.unsqueeze(0)));
  }

  /** {@link #iou} of every box of a [N, 4] with every box of b [M, 4]: [N, M]. */
  public static Tensor pairwiseIou(Tensor a, Tensor b) {
    return Scope.tensor(() -> iou(a.unsqueeze(1), b.unsqueeze(0)));
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
