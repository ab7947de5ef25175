package io.github.vla3d.scene.fusion;

import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.encoding.Rotary3d;
import io.github.vla3d.scene.input.Placement;
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
import io.github.vla3d.torch.nn.Parameter;
import io.github.vla3d.torch.nn.Trace;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Multi-view spatial fusion. The tower's tokens are projected to width D, get the encoding of their
 * 3D coordinates added, Eq. (1), and read each other across all views.
 */
public final class Fusion extends Module {
  private final SceneConfig config;
  private final Body body;
  private final Linear projection;
  private final LayerNorm projectionNorm;
  private final @Nullable Encoder encoder;

  /**
   * @param tokenWidth C of the policy's tokens
   */
  public Fusion(SceneConfig config, long tokenWidth, Body body) {
    long width = config.sizes().width();
    this.config = config;
    this.body = body;
    this.projection = register("input.projection", new Linear(tokenWidth, width));
    this.projectionNorm = register("input.norm", new LayerNorm(width));
    this.encoder = config.fusion().enabled() ? new Encoder(config.sizes(), body) : null;
  }

  /** All that the variant without fusion lacks. */
  private final class Encoder {
    private final Mlp coordinate;
    private final LayerNorm coordinateNorm;
    private final Parameter noDepth;
    private final List<FusionBlock> blocks;
    private final LayerNorm norm;

    Encoder(SceneConfig.Sizes sizes, Body body) {
      long width = sizes.width();
      this.coordinate = register("coordinate", Mlp.numbered(Activation.GELU, 3, width, width));
      this.coordinateNorm = register("coordinate_norm", new LayerNorm(width));
      this.noDepth = parameter("no_depth", Initialiser.normal(0.02), width);
      this.blocks =
          register(
              "blocks",
              IntStream.range(0, sizes.fusionLayers())
                  .mapToObj(i -> new FusionBlock(sizes, body))
                  .toList());
      this.norm = register("norm", new LayerNorm(width));
    }
  }

  /**
   * Tokens with their places, ready to be encoded.
   *
   * @param x [B, N, D]: M_flat + E_3D, or M_flat without fusion
   * @param placement where they are
   */
  public record Embedded(Tensor x, Placement placement) {}

  /**
   * Eq. (1): E_3D = LN(W_2 GELU(W_1 P + b_1) + b_2), added to the projected tokens.
   *
   * @param tokens floating [B, N, C], finite where a token may be read
   * @param trace sees fusion.projected and fusion.coordinate
   */
  public Embedded embed(Tensor tokens, Placement placement, Trace trace) {
    Tensor x =
        Scope.tensor(
            () -> {
              // What an absent view carries must not reach a product with 0: it may be NaN.
              Tensor read = tokens.to(placement.points().dtype());
              Tensor there = read.maskedFill(inPresent(placement, read).not(), 0);
              Tensor flat = projectionNorm.apply(body.run(projection::apply, there));
              trace.see("fusion.projected", flat);
              if (encoder == null) {
                return flat;
              }
              Tensor coordinate = coordinates(encoder, placement);
              trace.see("fusion.coordinate", coordinate);
              return flat.add(coordinate);
            });
    return new Embedded(x, placement);
  }

  private static Tensor inPresent(Placement placement, Tensor tokens) {
    long b = placement.present().size(0);
    long v = placement.present().size(1);
    return placement
        .present()
        .unsqueeze(-1)
        .expand(b, v, tokens.size(1) / v)
        .reshape(b, tokens.size(1), 1);
  }

  /** E_3D, or the vector that stands for it where nothing was measured. Coordinates stay fp32. */
  private static Tensor coordinates(Encoder encoder, Placement placement) {
    Tensor encoded = encoder.coordinateNorm.apply(encoder.coordinate.apply(placement.relative()));
    return Tensors.where(
        placement.hasDepth().unsqueeze(-1), encoded, encoder.noDepth.as(encoded.dtype()));
  }

  /** The memory of all tokens. */
  public Memory apply(Embedded embedded, Trace trace) {
    return encode(embedded, embedded.placement().key(), trace);
  }

  /**
   * The memory when only some tokens can be read: what the others become is of no use.
   *
   * @param keys BOOL [B, N]
   * @param trace sees fusion.blockN
   */
  public Memory encode(Embedded embedded, Tensor keys, Trace trace) {
    Placement placement = embedded.placement();
    Tensor features =
        Scope.tensor(
            () -> {
              Tensor x = embedded.x();
              if (encoder != null) {
                Rotary3d rotary =
                    config.rope().fusion()
                        ? Rotary3d.of(
                            placement.relative(), config.sizes().headWidth(), config.rope())
                        : null;
                for (int i = 0; i < encoder.blocks.size(); i++) {
                  x = encoder.blocks.get(i).apply(x, keys, rotary);
                  trace.see("fusion.block" + i, x);
                }
                x = encoder.norm.apply(x);
              }
              return x.maskedFill(keys.not().unsqueeze(-1), 0);
            });
    return new Memory(features, placement);
  }
}
