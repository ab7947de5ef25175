package io.github.vla3d.perception.pointattn;

import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.nn.Attention;
import io.github.vla3d.torch.nn.Initialiser;
import io.github.vla3d.torch.nn.LayerNorm;
import io.github.vla3d.torch.nn.Linear;
import io.github.vla3d.torch.nn.Module;
import io.github.vla3d.torch.nn.Parameter;

/**
 * The one block that the network is made of: points a read points b. With a' and b' the inputs
 * after one and the same map and norm, y = LN(a' + MHA(a', b', b')), out = y + FFN(y): what is
 * carried on is the normalised a', and nothing is normalised at the end.
 */
final class CrossTransformer extends Module {
  private static final int HEADS = 4;
  private static final long HIDDEN = 1024;

  private final long width;
  private final PointwiseMap input;
  private final LayerNorm inputNorm;
  private final MapsInOne attention;
  private final LayerNorm outputNorm;
  private final Linear in;
  private final Linear out;

  /** The maps of queries, keys and values in one tensor, as PyTorch's own layer keeps them. */
  private static final class MapsInOne extends Module {
    private final Parameter weight;
    private final Parameter bias;
    private final Linear output;

    MapsInOne(long width) {
      this.weight = parameter("in_proj_weight", Initialiser.fanIn(width), 3 * width, width);
      this.bias = parameter("in_proj_bias", Initialiser.constant(0), 3 * width);
      this.output = register("out_proj", new Linear(width, width));
    }

    /** Rows of the maps: 0 queries, 1 keys, 2 values. */
    private Tensor map(Tensor x, long from, long count) {
      long width = x.size(-1);
      return Functional.linear(
          x,
          weight.value().narrow(0, from * width, count * width),
          bias.value().narrow(0, from * width, count * width));
    }
  }

  CrossTransformer(long inputWidth, long width) {
    this.width = width;
    this.input = register("input_proj", new PointwiseMap(inputWidth, width));
    this.inputNorm = register("norm13", new LayerNorm(width));
    this.attention = register("multihead_attn1", new MapsInOne(width));
    this.outputNorm = register("norm12", new LayerNorm(width));
    this.in = register("linear11", new Linear(width, HIDDEN));
    this.out = register("linear12", new Linear(HIDDEN, width));
  }

  /** Points [B, n, inputWidth] read themselves: [B, n, width]. */
  Tensor apply(Tensor a) {
    return Scope.tensor(
        () -> {
          Tensor x = normalised(a);
          Tensor maps = attention.map(x, 0, 3);
          return rest(
              x,
              maps.narrow(-1, 0, width),
              maps.narrow(-1, width, width),
              maps.narrow(-1, 2 * width, width));
        });
  }

  /**
   * @param a [B, n, inputWidth]
   * @param b [B, m, inputWidth]
   * @return [B, n, width]
   */
  Tensor apply(Tensor a, Tensor b) {
    return Scope.tensor(
        () -> {
          Tensor x = normalised(a);
          Tensor maps = attention.map(normalised(b), 1, 2);
          return rest(
              x, attention.map(x, 0, 1), maps.narrow(-1, 0, width), maps.narrow(-1, width, width));
        });
  }

  private Tensor normalised(Tensor x) {
    return inputNorm.apply(input.apply(x));
  }

  private Tensor rest(Tensor x, Tensor query, Tensor key, Tensor value) {
    Tensor read =
        Attention.apply(
            Attention.split(query, HEADS),
            Attention.split(key, HEADS),
            Attention.split(value, HEADS),
            null,
            Double.NaN,
            Attention.EmptyRows.NONE);
    Tensor y = outputNorm.apply(x.add(attention.output.apply(Attention.join(read))));
    return y.add(out.apply(Functional.gelu(in.apply(y))));
  }
}
