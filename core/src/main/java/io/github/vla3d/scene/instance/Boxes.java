package io.github.vla3d.scene.instance;

import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;

/**
 * Boxes by their corners (left, top, right, bottom) in the last dimension, and how much two of them
 * have in common (Rezatofighi et al., arXiv 1902.09630). Shapes broadcast; right and bottom must
 * not be smaller than left and top.
 */
public final class Boxes {
  /** Smallest area to divide by: far below that of a pixel. */
  private static final double LEAST_AREA = 1e-12;

  private Boxes() {}

  /** Boxes [.., 4] by centre x, centre y, width and height, as corners: [.., 4]. */
  public static Tensor corners(Tensor boxes) {
    return Scope.tensor(
        () -> {
          Tensor centre = boxes.narrow(-1, 0, 2);
          Tensor half = boxes.narrow(-1, 2, 2).mul(0.5);
          return Tensors.cat(-1, centre.sub(half), centre.add(half));
        });
  }

  /** The inverse of {@link #corners}. */
  public static Tensor centres(Tensor corners) {
    return Scope.tensor(
        () -> {
          Tensor low = corners.narrow(-1, 0, 2);
          Tensor high = corners.narrow(-1, 2, 2);
          return Tensors.cat(-1, low.add(high).mul(0.5), high.sub(low));
        });
  }

  /** Area of what either box covers: [..]. */
  public static Tensor union(Tensor a, Tensor b) {
    return Scope.tensor(() -> area(a).add(area(b)).sub(common(a, b)));
  }

  /** Intersection over union: [..], 0 to 1. */
  public static Tensor iou(Tensor a, Tensor b) {
    return Scope.tensor(() -> common(a, b).div(union(a, b).clampMin(LEAST_AREA)));
  }

  /**
   * Intersection over union less the share of the smallest box around both that neither covers:
   * [..], -1 to 1.
   */
  public static Tensor giou(Tensor a, Tensor b) {
    return Scope.tensor(
        () -> {
          Tensor union = union(a, b);
          Tensor hull = area(low(a).minimum(low(b)), high(a).maximum(high(b)));
          return common(a, b)
              .div(union.clampMin(LEAST_AREA))
              .sub(hull.sub(union).div(hull.clampMin(LEAST_AREA)));
        });
  }

  private static Tensor common(Tensor a, Tensor b) {
    return area(low(a).maximum(low(b)), high(a).minimum(high(b)));
  }

  private static Tensor area(Tensor box) {
    return area(low(box), high(box));
  }

  private static Tensor area(Tensor low, Tensor high) {
    Tensor size = high.sub(low).clampMin(0);
    return size.select(-1, 0).mul(size.select(-1, 1));
  }

  private static Tensor low(Tensor box) {
    return box.narrow(-1, 0, 2);
  }

  private static Tensor high(Tensor box) {
    return box.narrow(-1, 2, 2);
  }
}
