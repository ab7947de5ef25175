package io.github.vla3d.policy.siglip;

import io.github.vla3d.policy.PolicyException;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.nn.Activation;
import io.github.vla3d.torch.nn.Attention;
import io.github.vla3d.torch.nn.Conv2d;
import io.github.vla3d.torch.nn.Convolution;
import io.github.vla3d.torch.nn.Initialiser;
import io.github.vla3d.torch.nn.LayerNorm;
import io.github.vla3d.torch.nn.Linear;
import io.github.vla3d.torch.nn.Module;
import io.github.vla3d.torch.nn.MultiHeadAttention;
import io.github.vla3d.torch.nn.Parameter;
import io.github.vla3d.torch.nn.Trace;
import java.util.List;
import java.util.stream.Stream;

/**
 * Pictures to tokens, row by row. Children and parameters as in Hugging Face's vision transformer:
 * embeddings, encoder.layers, post_layernorm.
 *
 * <p>Patches and positions are computed in the type of their weights, the layers in that of theirs.
 */
public final class SiglipTower extends Module {
  private static final double EPSILON = 1e-6;

  private final SiglipConfig config;
  private final Conv2d patches;
  private final Parameter positions;
  private final List<Layer> layers;
  private final LayerNorm last;

  public SiglipTower(SiglipConfig config) {
    this.config = config;
    this.patches =
        register(
            "embeddings.patch_embedding",
            new Conv2d(
                3, config.width(), config.patch(), Convolution.DEFAULT.withStride(config.patch())));
    this.positions =
        parameter(
            "embeddings.position_embedding.weight",
            Initialiser.normal(1 / Math.sqrt(config.width())),
            config.grid().tokens(),
            config.width());
    this.layers =
        register(
            "encoder.layers",
            Stream.generate(() -> new Layer(config)).limit(config.depth()).toList());
    this.last = register("post_layernorm", new LayerNorm(config.width(), EPSILON));
  }

  /**
   * Sees the stages {@code patch_plus_pos}, {@code layerN} and {@code tower}.
   *
   * @param pixels floating [B, 3, image, image] in [-1, 1]
   * @return [B, tokens, width] in the type of the layers' weights
   */
  public Tensor apply(Tensor pixels, Trace trace) {
    if (pixels.dim() != 4 || pixels.size(2) != config.image() || pixels.size(3) != config.image()) {
      throw new PolicyException(
          "SigLIP: wanted pictures [B, 3, %d, %d], got %s"
              .formatted(config.image(), config.image(), pixels));
    }
    return Scope.tensor(
        () -> {
          DType first = positions.value().dtype();
          Tensor x =
              patches.apply(pixels.to(first)).flatten(2, 3).transpose(1, 2).add(positions.value());
          trace.see("patch_plus_pos", x);
          x = x.to(layers.get(0).dtype()).contiguous();
          for (int i = 0; i < layers.size(); i++) {
            x = layers.get(i).apply(x);
            trace.see("layer" + i, x);
          }
          x = last.apply(x);
          trace.see("tower", x);
          return x;
        });
  }

  /** x + attention(norm(x)), then x + mlp(norm(x)). */
  private static final class Layer extends Module {
    private final LayerNorm norm1;
    private final MultiHeadAttention attention;
    private final LayerNorm norm2;
    private final Linear up;
    private final Linear down;

    Layer(SiglipConfig config) {
      this.norm1 = register("layer_norm1", new LayerNorm(config.width(), EPSILON));
      this.attention =
          register(
              "self_attn",
              new MultiHeadAttention(
                  MultiHeadAttention.Layout.of(config.width(), config.heads()),
                  MultiHeadAttention.Names.OUT_PROJ,
                  Attention.EmptyRows.NONE));
      this.norm2 = register("layer_norm2", new LayerNorm(config.width(), EPSILON));
      this.up = register("mlp.fc1", new Linear(config.width(), config.hidden()));
      this.down = register("mlp.fc2", new Linear(config.hidden(), config.width()));
    }

    DType dtype() {
      return up.weight().value().dtype();
    }

    Tensor apply(Tensor x) {
      return Scope.tensor(
          () -> {
            Tensor y = x.add(attention.apply(norm1.apply(x), null, null));
            return y.add(down.apply(up.apply(norm2.apply(y), Activation.GELU_TANH)));
          });
    }
  }
}
