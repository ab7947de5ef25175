package io.github.vla3d.scene.instance;

import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.nn.Linear;
import io.github.vla3d.torch.nn.Module;
import org.jspecify.annotations.Nullable;

/**
 * The gate of a view beside Eq. (3): g = sigmoid(MLP(h) / tau), 0 where the probe is not in the
 * view. With the depth residual (an extension) the MLP also sees how far behind the view's surface
 * the probe is.
 */
final class ViewGate extends Module {
  private final Linear first;
  private final Linear second;

  ViewGate(int width, boolean depth) {
    this.first = register("0", new Linear(width + (depth ? 1 : 0), width / 4));
    this.second = register("1", new Linear(width / 4, 1));
  }

  /**
   * @param sampled h [B, V, Q, D]
   * @param residual [B, V, Q] or null without
   * @param valid BOOL [B, V, Q]
   * @param tau [1] the layer's temperature
   * @return g [B, V, Q]
   */
  Tensor apply(Tensor sampled, @Nullable Tensor residual, Tensor valid, Tensor tau) {
    return Scope.tensor(
        () -> {
          Tensor seen =
              residual == null ? sampled : Tensors.cat(-1, sampled, residual.unsqueeze(-1));
          Tensor logit = second.apply(first.apply(seen).relu()).squeeze(-1);
          return logit.div(tau).sigmoid().maskedFill(valid.not(), 0);
        });
  }
}
