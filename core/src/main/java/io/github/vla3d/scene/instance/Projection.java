package io.github.vla3d.scene.instance;

import io.github.vla3d.geometry.ViewGeometry;
import io.github.vla3d.scene.input.Placement;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;

/**
 * Probes in the views, Eq. (2): u = Norm(pi(K (R p + t))) with pi(x, y, z) = (x, y) / max(z, eps).
 *
 * @param raw [B, V, Q, 2] in units of the picture
 * @param u the same, clamped to [-1, 2]: all later use is of this
 * @param depth [B, V, Q] z, metres
 * @param valid BOOL [B, V, Q]: in front of a camera that is there, and inside its picture
 */
public record Projection(Tensor raw, Tensor u, Tensor depth, Tensor valid) {
  /**
   * @param points F32 [B, Q, 3] in the robot's base frame
   * @param eps least depth that is divided by, metres
   */
  public static Projection of(Tensor points, Placement placement, double eps) {
    return Scope.call(
        scope -> {
          ViewGeometry.Projected projected =
              ViewGeometry.project(
                  points, placement.intrinsics(), placement.cameraFromWorld(), eps);
          double[] size = {placement.depth().size(3), placement.depth().size(2)};
          Tensor raw =
              projected.pixels().div(Tensors.of(size, 2).to(points.dtype()).to(points.device()));
          Tensor inside = raw.ge(0).and(raw.le(1)).all(false, -1);
          Tensor valid =
              placement.present().unsqueeze(-1).and(projected.depth().gt(eps)).and(inside);
          return new Projection(
              scope.keep(raw),
              scope.keep(raw.clamp(-1, 2)),
              scope.keep(projected.depth()),
              scope.keep(valid));
        });
  }

  /** Moves its tensors to the enclosing scope. */
  Projection kept(Scope scope) {
    scope.keep(raw);
    scope.keep(u);
    scope.keep(depth);
    scope.keep(valid);
    return this;
  }
}
