package io.github.vla3d.scene.completion;

import io.github.vla3d.scene.input.SceneException;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.util.Arrays;

/**
 * P_mask: the tokens of a batch that the context does not see and the predictor is asked for.
 *
 * @param masked BOOL [B, N]
 * @param index I64 [B, n]: the hidden tokens of each sample in ascending order; n is the most that
 *     one has, the rest is 0
 * @param valid BOOL [B, n]: which of them are asked for
 */
public record HiddenTokens(Tensor masked, Tensor index, Tensor valid) {
  /**
   * @param masked BOOL [B, N]
   * @param counts BOOL [B]: samples that have a self-supervised loss
   */
  public static HiddenTokens of(Tensor masked, Tensor counts) {
    if (masked.dim() != 2
        || masked.dtype() != DType.BOOL
        || !Arrays.equals(counts.shape(), new long[] {masked.size(0)})) {
      throw new SceneException(
          "hidden tokens: wanted BOOL [B, N] and [B], got " + masked + " and " + counts);
    }
    int b = (int) masked.size(0);
    int n = (int) masked.size(1);
    boolean[] hidden = masked.toBooleans();
    boolean[] counted = counts.toBooleans();
    int most = 0;
    long[][] index = new long[b][];
    for (int i = 0; i < b; i++) {
      long[] row = new long[n];
      int length = 0;
      for (int token = 0; token < n; token++) {
        if (hidden[i * n + token]) {
          row[length++] = token;
        }
      }
      most = Math.max(most, length);
      index[i] = Arrays.copyOf(row, length);
    }
    long[] flat = new long[b * most];
    boolean[] valid = new boolean[b * most];
    for (int i = 0; i < b; i++) {
      for (int k = 0; k < index[i].length; k++) {
        flat[i * most + k] = index[i][k];
        valid[i * most + k] = counted[i];
      }
    }
    int width = most;
    return Scope.call(
        scope ->
            new HiddenTokens(
                masked,
                scope.keep(Tensors.of(flat, b, width).to(masked.device())),
                scope.keep(Tensors.of(valid, b, width).to(masked.device()))));
  }

  /** Rows of x [B, N, ..] at the hidden tokens: [B, n, ..]. */
  public Tensor gather(Tensor x) {
    return Scope.tensor(
        () -> {
          Tensor rows = index.unsqueeze(-1).expand(index.size(0), index.size(1), x.size(2));
          return x.gather(1, rows);
        });
  }

  /** The rows of y [B, n, D] that are valid, over the batch: [rows, D]. */
  public Tensor rows(Tensor y) {
    return Scope.tensor(
        () -> y.flatten(0, 1).indexSelect(0, valid.flatten(0, 1).nonzero().squeeze(-1)));
  }
}
