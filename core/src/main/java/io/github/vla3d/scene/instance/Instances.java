package io.github.vla3d.scene.instance;

import io.github.vla3d.torch.Scope;
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

  /**
   * Mask logits of the last layer for some probes: only these are computed.
   *
   * @param index I64 [B, S] of the probes
   * @return [B, S, V, h, w]
   */
  public Tensor masks(Tensor index) {
    return Scope.tensor(
        () -> {
          Tensor embeddings = last().maskEmbeddings(); // [B, V, Q, M]
          long b = index.size(0);
          long s = index.size(1);
          long v = embeddings.size(1);
          Tensor rows = index.view(b, 1, s, 1).expand(b, v, s, embeddings.size(3));
          return embeddings
              .gather(2, rows)
              .flatten(0, 1)
              .matmul(maskMap.flatten(2, 3))
              .view(b, v, s, maskMap.size(2), maskMap.size(3))
              .transpose(1, 2);
        });
  }
}
