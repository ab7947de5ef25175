package io.github.vla3d.scene.instance;

import io.github.vla3d.torch.Tensor;
import java.util.List;

/**
 * What the instance module says of a batch of scenes.
 *
 * @param content c^(L) [B, Q, D]
 * @param layers what each layer says, the last one counts
 * @param maskMap F^(1/4) [B V, M, 4 h, 4 w]
 */
public record Instances(Tensor content, List<LayerPrediction> layers, Tensor maskMap) {
  public Instances {
    layers = List.copyOf(layers);
  }

  public LayerPrediction last() {
    return layers.get(layers.size() - 1);
  }

  /** p^(L): [B, Q, 3]. */
  public Tensor points() {
    return last().points();
  }

  /** l: [B, Q]. */
  public Tensor logits() {
    return last().logits();
  }
}
