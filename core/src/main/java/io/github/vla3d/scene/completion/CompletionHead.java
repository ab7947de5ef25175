package io.github.vla3d.scene.completion;

import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.distributed.BatchShare;
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
   * What the head is trained for.
   *
   * @param points []: Chamfer distance of the points that it says to those made offline, metres,
   *     mean over the instances that have some
   * @param share []: smooth L1, beta 0.1, of the unobserved share, mean over the instances of which
   *     it is known
   * @param total [] their sum
   */
  public record Loss(Tensor points, Tensor share, Tensor total) {}

  /**
   * Its losses.
   *
   * @param wanted of the S instances, with as many points each as the head says
   */
  public static Loss loss(Said said, HiddenParts wanted) {
    return loss(said, wanted, BatchShare.ALL);
  }

  /**
   * The same of a batch that several processes share.
   *
   * @param said of the own rows
   */
  public static Loss loss(Said said, HiddenParts wanted, BatchShare share) {
    return Scope.call(
        scope -> {
          Tensor distance =
              said.points
                  .unsqueeze(3)
                  .sub(wanted.points().unsqueeze(2))
                  .square()
                  .sum(false, -1)
                  .add(1e-12)
                  .sqrt(); // [B, S, n, n]
          Tensor chamfer =
              distance
                  .amin(false, -1)
                  .mean(false, -1)
                  .add(distance.amin(false, -2).mean(false, -1));
          Tensor missed = Functional.smoothL1(said.shareLogits.sigmoid(), wanted.shares(), 0.1);
          Tensor points = mean(chamfer, wanted.occluded(), share);
          Tensor shares = mean(missed, wanted.known(), share);
          return new Loss(scope.keep(points), scope.keep(shares), scope.keep(points.add(shares)));
        });
  }

  /** Over those that count; 0 if none does. */
  private static Tensor mean(Tensor values, Tensor counts, BatchShare share) {
    Tensor weights = counts.to(values.dtype());
    return share.sum(values.mul(weights).sum()).div(share.sum(weights.sum()).clampMin(1));
  }
}
