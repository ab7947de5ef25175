package io.github.vla3d.scene.fusion;

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
import org.jspecify.annotations.Nullable;

/** A pre-norm block: x += attention(norm1 x); x += feed_forward(norm2 x). */
final class FusionBlock extends Module {
  private final Body body;
  private final LayerNorm norm1;
  private final SceneAttention attention;
  private final LayerNorm norm2;
  private final Mlp feedForward;

  FusionBlock(SceneConfig.Sizes sizes, Body body) {
    this.body = body;
    this.norm1 = register("norm1", new LayerNorm(sizes.width()));
    this.attention =
        new SceneAttention(
            register("attention", SceneAttention.maps(sizes.width(), sizes.heads())), body);
    this.norm2 = register("norm2", new LayerNorm(sizes.width()));
    this.feedForward =
        register(
            "feed_forward",
            Mlp.numbered(Activation.GELU, sizes.width(), sizes.feedForward(), sizes.width()));
  }

  Tensor apply(Tensor x, Tensor keys, @Nullable Rotary rotary) {
    return Scope.tensor(
        () -> {
          Tensor y = x.add(attention.self(norm1.apply(x), keys, rotary));
          return y.add(body.run(feedForward::apply, norm2.apply(y)));
        });
  }
}
