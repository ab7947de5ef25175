package io.github.vla3d.perception.pointattn;

import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.nn.Module;

/** Makes of each point several, moved by what the shape's feature and all points say. */
final class Refiner extends Module {
  private static final long WIDTH = 128;

  private final long ratio;
  private final PointwiseMap featureOut;
  private final PointwiseMap featureIn;
  private final PointwiseMap pointIn;
  private final PointwiseMap pointOut;
  private final CrossTransformer first;
  private final CrossTransformer second;
  private final CrossTransformer third;
  private final PointwiseMap split;
  private final PointwiseMap delta;
  private final PointwiseMap out;
  private final PointwiseMap outIn;

  /**
   * @param ratio points that one becomes
   */
  Refiner(long ratio) {
    this.ratio = ratio;
    this.featureOut = register("conv_1", new PointwiseMap(256, WIDTH));
    this.featureIn = register("conv_11", new PointwiseMap(512, 256));
    this.pointIn = register("conv_x", new PointwiseMap(3, 64));
    this.first = register("sa1", new CrossTransformer(2 * WIDTH, 512));
    this.second = register("sa2", new CrossTransformer(512, 512));
    this.third = register("sa3", new CrossTransformer(512, WIDTH * ratio));
    this.out = register("conv_out", new PointwiseMap(64, 3));
    this.delta = register("conv_delta", new PointwiseMap(2 * WIDTH, WIDTH));
    this.split = register("conv_ps", new PointwiseMap(WIDTH * ratio, WIDTH * ratio));
    this.pointOut = register("conv_x1", new PointwiseMap(64, WIDTH));
    this.outIn = register("conv_out1", new PointwiseMap(WIDTH, 64));
  }

  /**
   * @param points [B, n, 3]
   * @param feature of the shape, [B, 1, 512]
   * @return [B, ratio n, 3]: block q holds the q-th point of each
   */
  Tensor apply(Tensor points, Tensor feature) {
    return Scope.tensor(
        () -> {
          long b = points.size(0);
          long n = points.size(1);
          Tensor y = pointOut.apply(Functional.gelu(pointIn.apply(points)));
          Tensor shape = featureOut.apply(Functional.gelu(featureIn.apply(feature)));
          Tensor z = first.apply(Tensors.cat(-1, y, shape.expand(b, n, WIDTH)));
          z = split.apply(third.apply(second.apply(z)));
          // Channel k * ratio + q of point i becomes channel k of point q * n + i.
          z = z.view(b, n, WIDTH, ratio).permute(0, 3, 1, 2).reshape(b, ratio * n, WIDTH);
          z = delta.apply(Tensors.cat(-1, z, y.repeat(1, ratio, 1)));
          return out.apply(Functional.gelu(outIn.apply(z))).add(points.repeat(1, ratio, 1));
        });
  }
}
