package io.github.vla3d.scene.completion;

import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.layers.Body;
import io.github.vla3d.scene.layers.SceneAttention;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.nn.Activation;
import io.github.vla3d.torch.nn.LayerNorm;
import io.github.vla3d.torch.nn.Mlp;
import io.github.vla3d.torch.nn.Module;
import io.github.vla3d.torch.nn.Rotary;

/**
 * A block of the predictor: x += HA(LN x, LN ctx, ctx); x += HA(LN x); x += FFN(LN x). The values
 * of the first are the context as it is; the context itself stays.
 */
final class PredictorBlock extends Module {
  private final Body body;
  private final LayerNorm queryNorm;
  private final LayerNorm contextNorm;
  private final SceneAttention crossAttention;
  private final LayerNorm selfNorm;
  private final SceneAttention selfAttention;
  private final LayerNorm feedForwardNorm;
  private final Mlp feedForward;

  PredictorBlock(SceneConfig.Sizes sizes, Body body) {
    long width = sizes.width();
    this.body = body;
    this.queryNorm = register("query_norm", new LayerNorm(width));
    this.contextNorm = register("context_norm", new LayerNorm(width));
    this.crossAttention =
        new SceneAttention(
            register("cross_attention", SceneAttention.maps(width, sizes.heads())), body);
    this.selfNorm = register("self_norm", new LayerNorm(width));
    this.selfAttention =
        new SceneAttention(
            register("self_attention", SceneAttention.maps(width, sizes.heads())), body);
    this.feedForwardNorm = register("feed_forward_norm", new LayerNorm(width));
    this.feedForward =
        register("feed_forward", Mlp.numbered(Activation.GELU, width, sizes.feedForward(), width));
  }

  /**
   * One side of an attention.
   *
   * @param keys BOOL [B, n]: which may be read
   * @param rotary of its positions
   */
  record Side(Tensor keys, Rotary rotary) {}

  /**
   * @param x [B, n, D]
   * @param context [B, N, D]
   */
  Tensor apply(Tensor x, Side queries, Tensor context, Side visible) {
    return Scope.tensor(
        () -> {
          Tensor y =
              x.add(
                  crossAttention.apply(
                      queryNorm.apply(x),
                      contextNorm.apply(context),
                      context,
                      visible.keys,
                      queries.rotary,
                      visible.rotary));
          y = y.add(selfAttention.self(selfNorm.apply(y), queries.keys, queries.rotary));
          return y.add(body.run(feedForward::apply, feedForwardNorm.apply(y)));
        });
  }
}
