package io.github.vla3d.agent;

import io.github.vla3d.policy.PolicyException;
import io.github.vla3d.policy.TokenGrid;
import io.github.vla3d.policy.View;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Pictures in which the patches of some tokens are grey, an extension: a tower with attention over
 * the whole picture tells its other tokens nothing of what it does not see.
 */
final class HiddenPatches {
  /** The middle of [-1, 1]. */
  private static final double GREY = 0;

  private HiddenPatches() {}

  /**
   * @param views V pictures of a batch, in the order of the tokens
   * @param masked BOOL [B, V h w]: tokens to hide
   * @param grid of the tokens of a view
   * @return the same views, in the caller's scope
   * @throws PolicyException if pictures and grid do not fit
   */
  static List<View> of(List<View> views, Tensor masked, TokenGrid grid) {
    long b = masked.size(0);
    int v = views.size();
    if (masked.size(1) != (long) v * grid.tokens()) {
      throw new PolicyException(
          "hidden patches: wanted %d views of %d tokens, got %s"
              .formatted(v, grid.tokens(), masked));
    }
    return Scope.call(
        scope -> {
          Tensor byView = masked.view(b, v, grid.rows(), grid.columns());
          List<View> grey = new ArrayList<>();
          for (int i = 0; i < v; i++) {
            View view = views.get(i);
            long height = (long) grid.rows() * grid.patchHeight();
            long width = (long) grid.columns() * grid.patchWidth();
            if (view.pixels().size(2) != height || view.pixels().size(3) != width) {
              throw new PolicyException(
                  "camera '%s': wanted a picture of %d x %d tokens, got %s"
                      .formatted(view.camera(), grid.rows(), grid.columns(), view.pixels()));
            }
            Tensor pixels =
                byView
                    .select(1, i)
                    .repeatInterleave(grid.patchHeight(), 1)
                    .repeatInterleave(grid.patchWidth(), 2)
                    .unsqueeze(1);
            grey.add(
                new View(
                    view.camera(),
                    scope.keep(view.pixels().maskedFill(pixels, GREY)),
                    view.present()));
          }
          return List.copyOf(grey);
        });
  }
}
