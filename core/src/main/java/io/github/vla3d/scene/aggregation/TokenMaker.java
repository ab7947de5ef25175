package io.github.vla3d.scene.aggregation;

import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.encoding.Fourier;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.distributed.BatchShare;
import io.github.vla3d.torch.nn.Activation;
import io.github.vla3d.torch.nn.Initialiser;
import io.github.vla3d.torch.nn.LayerNorm;
import io.github.vla3d.torch.nn.Linear;
import io.github.vla3d.torch.nn.Mlp;
import io.github.vla3d.torch.nn.Module;
import io.github.vla3d.torch.nn.Parameter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes the policy's tokens of features: projection to its width, a type embedding, and where the
 * feature is relative to the end-effector, Eq. (14).
 */
public final class TokenMaker extends Module {
  /** Kinds of tokens, rows of the type embedding. */
  public enum Kind {
    INSTANCE,
    COMPLETION
  }

  private final Fourier fourier;
  private final SceneConfig.Tokens choice;
  private final @Nullable Mlp endEffector;
  private final @Nullable Linear absolutePosition;
  private final Content instance;
  private final @Nullable Content completion;
  private final Parameter typeEmbedding;
  private final int arms;

  /**
   * @param width T of the policy's tokens
   * @param arms end-effectors
   */
  public TokenMaker(SceneConfig config, long width, int arms) {
    this.fourier = config.fourier();
    this.choice = config.tokens();
    this.arms = arms;
    long code = fourier.width();
    boolean relative = config.aggregation().endEffector();
    this.endEffector =
        relative
            ? register("end_effector", Mlp.numbered(Activation.GELU, arms * code, width, width))
            : null;
    this.absolutePosition =
        relative ? null : register("absolute_position", new Linear(code, width));
    long d = config.sizes().width();
    this.instance = register("instance", new Content(d, choice.contentWidth(), width));
    this.completion =
        config.variant().completes()
            ? register("completion", new Content(d, choice.contentWidth(), width))
            : null;
    this.typeEmbedding =
        parameter("type_embedding", Initialiser.normal(0.02), Kind.values().length, width);
  }

  /** LN(projection(f)), where f may be squeezed through fewer channels first (an extension). */
  private static final class Content extends Module {
    private final @Nullable Linear squeeze;
    private final Linear projection;
    private final LayerNorm norm;

    Content(long in, long narrow, long out) {
      this.squeeze = narrow > 0 ? register("squeeze", new Linear(in, narrow)) : null;
      this.projection = register("projection", new Linear(narrow > 0 ? narrow : in, out));
      this.norm = register("norm", new LayerNorm(out));
    }

    Tensor apply(Tensor x) {
      return norm.apply(projection.apply(squeeze == null ? x : squeeze.apply(x)));
    }
  }

  /**
   * Where tokens are seen from.
   *
   * @param endEffector F32 [B, A, 3] tool centre points, left first, metres in the base frame
   * @param centre [3] of the workspace
   */
  public record Standpoint(Tensor endEffector, Tensor centre) {}

  /**
   * Tokens, 0 where not valid.
   *
   * @param placed features [B, n, D] with points in the base frame
   * @param noise while training, for {@code tokens.contentNoise}; null for none
   * @param share of a batch that the samples are
   * @return [B, n, T]
   */
  public Tensor apply(
      Kind kind,
      Routing.Placed placed,
      Standpoint from,
      @Nullable Generator noise,
      BatchShare share) {
    Content content = kind == Kind.INSTANCE ? instance : completion;
    if (content == null) {
      throw new IllegalStateException("variant A has no completion tokens");
    }
    return Scope.tensor(
        () -> {
          Tensor features = placed.features();
          if (noise != null && choice.contentNoise() > 0) {
            features =
                features.add(
                    share
                        .randn(noise, features.dtype(), features.shape())
                        .to(features.device())
                        .mul(choice.contentNoise()));
          }
          return content
              .apply(features)
              .add(typeEmbedding.as(features.dtype()).select(0, kind.ordinal()))
              .add(offset(placed.points(), from))
              .maskedFill(placed.valid().not().unsqueeze(-1), 0);
        });
  }

  /** E_aff, Eq. (14), or its replacement in the ablation without it: [B, n, T]. */
  public Tensor offset(Tensor points, Standpoint from) {
    return Scope.tensor(
        () -> {
          if (absolutePosition != null) {
            return absolutePosition.apply(fourier.apply(points.sub(from.centre)));
          }
          if (endEffector == null) {
            throw new IllegalStateException("no encoding of positions");
          }
          List<Tensor> codes = new ArrayList<>();
          for (int arm = 0; arm < arms; arm++) {
            codes.add(fourier.apply(points.sub(from.endEffector.select(1, arm).unsqueeze(1))));
          }
          return endEffector.apply(Tensors.cat(-1, codes));
        });
  }
}
