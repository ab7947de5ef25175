package io.github.vla3d.scene.completion;

import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.encoding.Rotary3d;
import io.github.vla3d.scene.layers.Body;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.nn.Initialiser;
import io.github.vla3d.torch.nn.LayerNorm;
import io.github.vla3d.torch.nn.Linear;
import io.github.vla3d.torch.nn.Module;
import io.github.vla3d.torch.nn.Parameter;
import io.github.vla3d.torch.nn.Trace;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The coordinate-driven predictor: says the feature at a coordinate from what is visible. Context
 * and queries know their places and views, Eq. (7) and (8), and meet in hybrid attention, Eq. (9)
 * and (10).
 */
public final class Predictor extends Module {
  private final SceneConfig config;
  private final Parameter maskToken;
  private final Linear position;
  private final Parameter view;
  private final List<PredictorBlock> blocks;
  private final LayerNorm norm;
  private final Linear output;

  public Predictor(SceneConfig config, Body body) {
    SceneConfig.Sizes sizes = config.sizes();
    long width = sizes.width();
    this.config = config;
    this.maskToken = parameter("mask_token", Initialiser.normal(0.02), width);
    this.position = register("position", new Linear(config.fourier().width(), width));
    // One more view than there are names, for instances that no view shows.
    this.view = parameter("view", Initialiser.normal(0.02), config.views().max() + 1, width);
    this.blocks =
        register(
            "blocks",
            IntStream.range(0, sizes.predictorLayers())
                .mapToObj(i -> new PredictorBlock(sizes, body))
                .toList());
    this.norm = register("norm", new LayerNorm(width));
    this.output = register("output", new Linear(width, width));
  }

  /**
   * Places in space and in views.
   *
   * @param relative F32 [B, n, 3], metres relative to the centre of the workspace
   * @param viewIds I64 [B, n], up to V_max
   * @param keys BOOL [B, n]: which of them count
   */
  public record Places(Tensor relative, Tensor viewIds, Tensor keys) {}

  /**
   * Features at the queries' places.
   *
   * @param visible Z [B, N, D]: features of the context
   * @param context places of the context; only its keys are read
   * @param queries places that are asked for
   * @param trace sees context, queries, blockN and output
   * @return y [B, n, D], 0 where a query does not count
   */
  public Tensor apply(Tensor visible, Places context, Places queries, Trace trace) {
    return Scope.tensor(
        () -> {
          DType dtype = visible.dtype();
          Tensor z = visible.add(place(context, dtype)); // Eq. (7)
          Tensor x = maskToken.as(dtype).add(place(queries, dtype)); // Eq. (8)
          trace.see("context", z);
          trace.see("queries", x);
          PredictorBlock.Side seen = side(context);
          PredictorBlock.Side asked = side(queries);
          for (int i = 0; i < blocks.size(); i++) {
            x = blocks.get(i).apply(x, asked, z, seen);
            trace.see("block" + i, x);
          }
          Tensor y = output.apply(norm.apply(x)).maskedFill(queries.keys.not().unsqueeze(-1), 0);
          trace.see("output", y);
          return y;
        });
  }

  /** Phi_pos(P) + E_view(v): [B, n, D]. */
  private Tensor place(Places places, DType dtype) {
    return position
        .apply(config.fourier().apply(places.relative))
        .add(Functional.embedding(view.as(dtype), places.viewIds));
  }

  private PredictorBlock.Side side(Places places) {
    return new PredictorBlock.Side(
        places.keys, Rotary3d.of(places.relative, config.sizes().headWidth(), config.rope()));
  }
}
