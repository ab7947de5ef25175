package io.github.vla3d.perception.pointattn;

import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.nn.Initialiser;
import io.github.vla3d.torch.nn.Module;
import io.github.vla3d.torch.nn.Parameter;
import io.github.vla3d.torch.nn.Trace;

/**
 * From a partial cloud to the feature of its shape and 256 seeds of the whole. Each of three stages
 * keeps farthest points of the one before, lets them read it, and then each other.
 */
final class Encoder extends Module {
  /** Points after the three stages. */
  private static final int[] KEPT = {512, 256, 128};

  /** Channels of the seeds' feature and their number: the 512 x 128 numbers before, cut anew. */
  private static final long SEED_WIDTH = 256;

  private final PointwiseMap first;
  private final PointwiseMap second;
  private final CrossTransformer[] reads = new CrossTransformer[3];
  private final CrossTransformer[] selfs = new CrossTransformer[3];
  private final PointwiseMap adjust;
  private final Unfolding unfold;
  private final PointwiseMap refuse;
  private final CrossTransformer[] decode = new CrossTransformer[3];
  private final PointwiseMap seedIn;
  private final PointwiseMap seedOut;

  /** A transposed convolution over a single place: one vector becomes 128 points of 64 channels. */
  private static final class Unfolding extends Module {
    private final Parameter weight;
    private final Parameter bias;

    Unfolding(long in, long out, long points) {
      this.weight = parameter("weight", Initialiser.fanIn(in), in, out, points);
      this.bias = parameter("bias", Initialiser.fanIn(in), out);
    }

    /** x [B, 1, in]: [B, points, out]. */
    Tensor apply(Tensor x) {
      long[] shape = weight.shape();
      return x.squeeze(1)
          .matmul(weight.value().view(shape[0], shape[1] * shape[2]))
          .view(x.size(0), shape[1], shape[2])
          .transpose(1, 2)
          .add(bias.value());
    }
  }

  Encoder() {
    this.first = register("conv1", new PointwiseMap(3, 64));
    this.second = register("conv2", new PointwiseMap(64, 64));
    for (int i = 0; i < 3; i++) {
      long width = 64L << i;
      reads[i] = register("sa" + (i + 1), new CrossTransformer(width, width));
      selfs[i] = register("sa" + (i + 1) + "_1", new CrossTransformer(2 * width, 2 * width));
      decode[i] = register("sa" + i + "_d", new CrossTransformer(512, 512));
    }
    this.seedOut = register("conv_out", new PointwiseMap(64, 3));
    this.seedIn = register("conv_out1", new PointwiseMap(SEED_WIDTH, 64));
    this.unfold = register("ps", new Unfolding(512, 64, 128));
    this.refuse = register("ps_refuse", new PointwiseMap(64, 512));
    this.adjust = register("ps_adj", new PointwiseMap(512, 512));
  }

  /**
   * What it says.
   *
   * @param feature of the shape, [B, 1, 512]
   * @param seeds [B, 256, 3]
   */
  record Said(Tensor feature, Tensor seeds) {}

  /**
   * @param points [B, 2048, 3]
   */
  Said apply(Tensor points, Trace trace) {
    return Scope.call(
        scope -> {
          Tensor feature = scope.keep(feature(points, trace));
          return new Said(feature, scope.keep(seeds(feature, trace)));
        });
  }

  private Tensor feature(Tensor points, Trace trace) {
    return Scope.tensor(
        () -> {
          Tensor x = second.apply(Functional.gelu(first.apply(points)));
          Tensor places = points;
          for (int i = 0; i < KEPT.length; i++) {
            Tensor kept = FarthestPoints.of(places, KEPT[i]);
            trace.see("fps" + i, kept);
            places = FarthestPoints.rows(places, kept);
            Tensor chosen = FarthestPoints.rows(x, kept);
            Tensor read = reads[i].apply(chosen, x);
            trace.see("sa" + (i + 1), read);
            x = selfs[i].apply(Tensors.cat(-1, chosen, read));
            trace.see("sa" + (i + 1) + "_1", x);
          }
          return x.amax(true, 1);
        });
  }

  private Tensor seeds(Tensor feature, Trace trace) {
    return Scope.tensor(
        () -> {
          Tensor x = Functional.gelu(adjust.apply(feature));
          x = Functional.gelu(unfold.apply(x));
          x = Functional.gelu(refuse.apply(x));
          for (int i = 0; i < decode.length; i++) {
            x = decode[i].apply(x);
            trace.see("sa" + i + "_d", x);
          }
          // Row by row of [512, 128], as the checkpoint was trained: not a transposition.
          Tensor cut =
              x.transpose(1, 2).contiguous().view(x.size(0), SEED_WIDTH, -1).transpose(1, 2);
          return seedOut.apply(Functional.gelu(seedIn.apply(cut)));
        });
  }
}
