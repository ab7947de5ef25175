package io.github.vla3d.scene.completion;

import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.distributed.BatchShare;

/**
 * L_ssl, Eq. (11) to (13): what the predictor says at hidden tokens against what a teacher that
 * sees them says. Rows are the hidden tokens of the whole batch, whichever process has them.
 *
 * @param recon [] smooth L1, beta 1, mean over all elements
 * @param cos [] one less cosine, mean over rows
 * @param var [] how far the spread of channels is below gamma, mean over channels; 0 for fewer than
 *     2 rows
 * @param total [] weighted
 * @param targetSpread [D]: sigma(Y*); a collapsed teacher shows here
 * @param targetVar [] L_var of the targets themselves
 */
public record SelfSupervisedLoss(
    Tensor recon, Tensor cos, Tensor var, Tensor total, Tensor targetSpread, Tensor targetVar) {
  /**
   * @param y [n, D] what the predictor says, fp32
   * @param target y* [n, D], outside the graph
   */
  public static SelfSupervisedLoss of(Tensor y, Tensor target, SceneConfig.Ssl ssl) {
    return of(y, target, ssl, BatchShare.ALL);
  }

  /**
   * The same of a batch that several processes share: values are those of the batch, gradients are
   * those of the own rows.
   *
   * @param y [n, D] the own rows; n may be 0
   * @param share asked for the same sums in all processes, however many rows each has
   */
  public static SelfSupervisedLoss of(
      Tensor y, Tensor target, SceneConfig.Ssl ssl, BatchShare share) {
    return Scope.call(
        scope -> {
          long rows = share.sum(y.size(0));
          Tensor zero = Tensors.zeros(y.dtype(), y.device());
          Tensor recon =
              rows == 0
                  ? zero
                  : share
                      .sum(Functional.smoothL1(y, target, 1).sum())
                      .div((double) rows * y.size(1));
          Tensor cos = rows == 0 ? zero : share.sum(cosine(y, target).neg().add(1).sum()).div(rows);
          Tensor spread = spread(target, rows, share);
          Tensor gamma =
              ssl.gamma() == SceneConfig.Gamma.ONE ? spread.mul(0).add(1) : spread.clampMax(1);
          boolean several = rows > 1;
          Tensor var = several ? below(spread(y, rows, share), gamma) : zero;
          Tensor targetVar = several ? below(spread, gamma) : zero;
          Tensor total = recon.mul(ssl.recon()).add(cos.mul(ssl.cos())).add(var.mul(ssl.var()));
          return new SelfSupervisedLoss(
              scope.keep(recon),
              scope.keep(cos),
              scope.keep(var),
              scope.keep(total),
              scope.keep(spread),
              scope.keep(targetVar));
        });
  }

  private static Tensor cosine(Tensor a, Tensor b) {
    Tensor norms = a.norm(false, -1).mul(b.norm(false, -1)).add(1e-8);
    return a.mul(b).sum(false, -1).div(norms);
  }

  /** sqrt(Var + 1e-4) of each channel, unbiased: [D]; 0 for fewer than 2 rows. */
  private static Tensor spread(Tensor rows, long count, BatchShare share) {
    if (count < 2) {
      return Tensors.zeros(rows.dtype(), rows.device(), rows.size(1));
    }
    return share.variance(rows, count).add(1e-4).sqrt();
  }

  private static Tensor below(Tensor spread, Tensor gamma) {
    return gamma.sub(spread).relu().mean();
  }

  /** LN without affine, eps 1e-5: what a teacher's features are compared as. */
  public static Tensor normalised(Tensor features) {
    return Functional.layerNorm(
        features.dtype() == DType.BF16 ? features.to(DType.F32) : features, null, null, 1e-5);
  }
}
