package io.github.vla3d.scene.completion;

import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.nn.Activation;
import io.github.vla3d.torch.nn.Mlp;
import io.github.vla3d.torch.nn.Module;

/**
 * An extension: a probe says itself where its instance is hidden, so that neither clustering nor a
 * second network runs in the control loop. Trained on the points that were made offline.
 */
public final class CompletionHead extends Module {
  /** Metres that a point can be from its probe. */
  private static final double REACH = 0.3;

  private final int queries;
  private final Mlp mlp;

  public CompletionHead(SceneConfig config) {
    long width = config.sizes().width();
    this.queries = config.completion().queries();
    this.mlp = register("mlp", Mlp.numbered(Activation.RELU, width, width, 3L * queries + 1));
  }

  /**
   * What it says.
   *
   * @param points F32 [B, S, n, 3], metres in the robot's base frame
   * @param shareLogits [B, S]: sigmoid is the unobserved share of the instance
   */
  public record Said(Tensor points, Tensor shareLogits) {}

  /**
   * @param content [B, S, D] of the instances
   * @param points [B, S, 3] of the instances
   */
  public Said apply(Tensor content, Tensor points) {
    return Scope.call(
        scope -> {
          Tensor y = mlp.apply(content);
          Tensor offset =
              y.narrow(-1, 0, 3L * queries)
                  .tanh()
                  .mul(REACH)
                  .view(content.size(0), content.size(1), queries, 3);
          return new Said(
              scope.keep(points.detach().unsqueeze(2).add(offset)),
              scope.keep(y.select(-1, 3L * queries)));
        });
  }

  /**
   * Chamfer distance of what is said to what was made offline, plus the smooth L1 of the shares.
   *
   * @param wanted F32 [B, S, n, 3]
   * @param wantedShare F32 [B, S]
   * @param valid BOOL [B, S]: instances that have such points
   * @return []
   */
  public static Tensor loss(Said said, Tensor wanted, Tensor wantedShare, Tensor valid) {
    return Scope.tensor(
        () -> {
          Tensor distance =
              said.points
                  .unsqueeze(3)
                  .sub(wanted.unsqueeze(2))
                  .square()
                  .sum(false, -1)
                  .add(1e-12)
                  .sqrt(); // [B, S, n, n]
          Tensor chamfer =
              distance
                  .amin(false, -1)
                  .mean(false, -1)
                  .add(distance.amin(false, -2).mean(false, -1));
          Tensor share = Functional.smoothL1(said.shareLogits.sigmoid(), wantedShare, 0.1);
          Tensor count = valid.to(chamfer.dtype());
          return chamfer.add(share).mul(count).sum().div(count.sum().clampMin(1));
        });
  }
}
