package io.github.vla3d.policy;

import io.github.vla3d.torch.Tensor;
import java.util.List;

/**
 * Views as the language model reads them.
 *
 * @param cameras V names
 * @param grid where each of the N tokens of a view lies in its picture
 * @param tokens [B, V, N, D]; zeros where a sample lacks the camera
 * @param present BOOL [B, V]
 */
public record ViewTokens(List<String> cameras, TokenGrid grid, Tensor tokens, Tensor present) {
  public ViewTokens {
    cameras = List.copyOf(cameras);
    if (tokens.dim() != 4 || tokens.size(1) != cameras.size() || tokens.size(2) != grid.tokens()) {
      throw new PolicyException(
          "view tokens: wanted [B, "
              + cameras.size()
              + ", "
              + grid.tokens()
              + ", D], got "
              + tokens);
    }
  }

  /** The same views with other tokens of the same shape: for residuals on image tokens. */
  public ViewTokens withTokens(Tensor other) {
    return new ViewTokens(cameras, grid, other, present);
  }
}
