package io.github.vla3d.perception.pointattn;

import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.nn.Module;
import io.github.vla3d.torch.nn.Trace;

/**
 * The whole network. Encoder, then two refinements of 512 points that are spread over the partial
 * cloud and the encoder's seeds.
 */
final class Network extends Module {
  /** Points of a partial cloud: the encoder's last map is made for just these. */
  static final int POINTS = 2048;

  /** Points that the refinements begin with. */
  static final int SEEDS = 512;

  private final Encoder encoder;
  private final Refiner refine;
  private final Refiner refineMore;

  Network(Variant variant) {
    this.encoder = register("encoder", new Encoder());
    this.refine = register("refine", new Refiner(variant.first()));
    this.refineMore = register("refine1", new Refiner(variant.second()));
  }

  /**
   * The whole shapes.
   *
   * @param points F32 [B, 2048, 3] in the network's cube
   * @param trace sees fps0 to fps3 (I64 [B, n]) and, channels last, {@code encoder.*}, feat_g,
   *     coarse, {@code refine.in_points}, {@code refine.out} and those of refine1
   * @return F32 [B, 2048 or 16384, 3]
   */
  Tensor apply(Tensor points, Trace trace) {
    return Scope.tensor(
        () -> {
          Encoder.Said said =
              encoder.apply(
                  points,
                  trace == Trace.NONE
                      ? trace
                      : (stage, value) ->
                          trace.see(stage.startsWith("fps") ? stage : "encoder." + stage, value));
          trace.see("feat_g", said.feature());
          trace.see("coarse", said.seeds());
          Tensor all = Tensors.cat(1, points, said.seeds());
          Tensor kept = FarthestPoints.of(all, SEEDS);
          trace.see("fps3", kept);
          Tensor x = refined("refine", refine, FarthestPoints.rows(all, kept), said, trace);
          return refined("refine1", refineMore, x, said, trace);
        });
  }

  private static Tensor refined(
      String name, Refiner refiner, Tensor points, Encoder.Said said, Trace trace) {
    trace.see(name + ".in_points", points);
    Tensor out = refiner.apply(points, said.feature());
    trace.see(name + ".out", out);
    return out;
  }
}
