package io.github.vla3d.scene.instance;

import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;

/**
 * What a layer says of objects.
 *
 * @param points p^(l+1) [B, Q, 3], metres in the robot's base frame
 * @param projection of the points into the views
 * @param logits l [B, Q]: sigmoid is the probability that there is an object
 * @param boxes [B, V, Q, 4]: centre x and y, width and height in units of the picture
 * @param maskEmbeddings [B, V, Q, M]: a mask's logits are products with the mask map
 */
public record LayerPrediction(
    Tensor points, Projection projection, Tensor logits, Tensor boxes, Tensor maskEmbeddings) {
  /** Moves its tensors to the enclosing scope. */
  LayerPrediction kept(Scope scope) {
    scope.keep(points);
    projection.kept(scope);
    scope.keep(logits);
    scope.keep(boxes);
    scope.keep(maskEmbeddings);
    return this;
  }

  /**
   * Mask logits of all probes.
   *
   * @param maskMap [B V, M, h, w]
   * @return [B, V, Q, h, w]
   */
  public Tensor masks(Tensor maskMap) {
    return Scope.tensor(
        () -> {
          long b = maskEmbeddings.size(0);
          long v = maskEmbeddings.size(1);
          long q = maskEmbeddings.size(2);
          return maskEmbeddings
              .flatten(0, 1)
              .matmul(maskMap.flatten(2, 3))
              .view(b, v, q, maskMap.size(2), maskMap.size(3));
        });
  }
}
