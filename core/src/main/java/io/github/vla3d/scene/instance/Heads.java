package io.github.vla3d.scene.instance;

import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.encoding.SineEncoding;
import io.github.vla3d.scene.layers.Body;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.nn.Activation;
import io.github.vla3d.torch.nn.Initialiser;
import io.github.vla3d.torch.nn.LayerNorm;
import io.github.vla3d.torch.nn.Linear;
import io.github.vla3d.torch.nn.Mlp;
import io.github.vla3d.torch.nn.Module;
import java.util.List;

/**
 * What a probe says of its object, the same heads for all layers: whether there is one, and in each
 * view its box and its mask. They know the view by PE(u), the encoding of where the probe is in it.
 */
public final class Heads extends Module {
  /** Probability of an object that an untrained head gives. */
  private static final double PRIOR = 0.01;

  private final LayerNorm norm;
  private final Linear logit;
  private final Linear viewPosition;
  private final Mlp box;
  private final Mlp mask;
  private final Body body;

  Heads(SceneConfig.Sizes sizes, Body body) {
    long width = sizes.width();
    this.body = body;
    this.norm = register("norm", new LayerNorm(width));
    this.logit =
        register(
            "logit",
            new Linear(
                width,
                1,
                Initialiser.fanIn(width),
                Initialiser.constant(-Math.log((1 - PRIOR) / PRIOR))));
    this.viewPosition = register("view_position", new Linear(2 * SineEncoding.CHANNELS, width));
    Initialiser zero = Initialiser.constant(0);
    // The first box is a small one around the probe, as in Deformable DETR.
    Initialiser small = (generator, shape) -> Tensors.of(new float[] {0, 0, -2, -2}, shape);
    this.box =
        register(
            "box",
            new Mlp(
                Activation.RELU,
                List.of(
                    new Linear(width, width),
                    new Linear(width, width),
                    new Linear(width, 4, zero, small))));
    this.mask =
        register("mask", Mlp.numbered(Activation.RELU, width, width, width, sizes.maskWidth()));
  }

  /** PE(u) of u [.., 2]: [.., D]. */
  Tensor viewPosition(Tensor u) {
    return Scope.tensor(() -> viewPosition.apply(SineEncoding.twoD(u)));
  }

  /**
   * @param content c^(l+1) [B, Q, D]
   * @param points p^(l+1) [B, Q, 3], with its graph
   * @param projection of the points
   */
  LayerPrediction apply(Tensor content, Tensor points, Projection projection) {
    return Scope.call(
        scope -> {
          Tensor y = norm.apply(content);
          Tensor e = y.unsqueeze(1).add(viewPosition(projection.u()));
          Tensor anchor = projection.u().clamp(0.02, 0.98);
          Tensor centre = anchor.log().sub(anchor.neg().add(1).log());
          Tensor offset = body.run(box::apply, e);
          Tensor boxes =
              Tensors.cat(-1, offset.narrow(-1, 0, 2).add(centre), offset.narrow(-1, 2, 2))
                  .sigmoid();
          return new LayerPrediction(
              points,
              projection,
              scope.keep(logit.apply(y).squeeze(-1)),
              scope.keep(boxes),
              scope.keep(body.run(mask::apply, e)));
        });
  }
}
