package io.github.vla3d.policy;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;

/**
 * Straight paths from noise at time 1 to actions at time 0 (Lipman et al., arXiv 2210.02747; time
 * runs against the paper's, as in all published code of pi0).
 */
public final class FlowMatching {
  private FlowMatching() {}

  /**
   * The point of the path.
   *
   * @param actions [B, H, A]
   * @param noise [B, H, A]
   * @param time [B], or [B, H] for a time per action
   */
  public static Tensor between(Tensor actions, Tensor noise, Tensor time) {
    return Scope.tensor(
        () -> {
          Tensor t = spread(time);
          return t.mul(noise).add(t.neg().add(1).mul(actions));
        });
  }

  private static Tensor spread(Tensor time) {
    Tensor t = time.unsqueeze(-1);
    return time.dim() == 1 ? t.unsqueeze(-1) : t;
  }

  /** Squared distance of the velocity from noise - actions, per element: [B, H, A]. */
  public static Tensor loss(Tensor actions, Tensor noise, Tensor velocity) {
    return Scope.tensor(() -> noise.sub(actions).sub(velocity).square());
  }

  /**
   * Times to train at: offset + scale b, with b of a beta distribution.
   *
   * @param alpha above 0
   * @param beta 1, as in all published code, where b is the alpha-th root of a uniform number
   * @return F32 [batch]
   */
  public static Tensor times(
      Generator random, long batch, double alpha, double beta, double scale, double offset) {
    if (beta != 1 || !(alpha > 0)) {
      throw new PolicyException(
          "training times: wanted a beta distribution with beta 1 and alpha above 0, got %s, %s"
              .formatted(beta, alpha));
    }
    return Scope.tensor(() -> random.rand(DType.F32, batch).pow(1 / alpha).mul(scale).add(offset));
  }

  /**
   * A time per action, with 0 for those that are given (training for real-time chunking).
   *
   * @param time [B]
   * @param given BOOL [B, H]
   * @return [B, H]
   */
  public static Tensor givenAtZero(Tensor time, Tensor given) {
    return Scope.tensor(() -> time.unsqueeze(1).expand(given.shape()).maskedFill(given, 0));
  }

  /**
   * Mean over the actions that are not given; 0 if there are none.
   *
   * @param loss [B, H, A]
   * @param given BOOL [B, H]
   * @return []
   */
  public static Tensor meanOfOpen(Tensor loss, Tensor given) {
    return Scope.tensor(() -> openMean(loss, given, 0, 1));
  }

  /** {@link #meanOfOpen} of each sample: [B]. */
  public static Tensor meanOfOpenPerSample(Tensor loss, Tensor given) {
    return Scope.tensor(() -> openMean(loss, given, 1));
  }

  private static Tensor openMean(Tensor loss, Tensor given, long... over) {
    Tensor open = given.not().to(loss.dtype());
    Tensor sum = loss.sum(false, -1).mul(open).sum(false, over);
    return sum.div(open.sum(false, over).clampMin(1).mul((double) loss.size(2)));
  }
}
