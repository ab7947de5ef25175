package io.github.vla3d.perception.pointattn;

import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.nn.Initialiser;
import io.github.vla3d.torch.nn.Module;
import io.github.vla3d.torch.nn.Parameter;

/**
 * A linear map of each point, stored as a convolution of length 1: weight [out, in, 1], bias [out].
 * Points lie channels last here, so that it is one matrix product.
 */
final class PointwiseMap extends Module {
  private final Parameter weight;
  private final Parameter bias;

  PointwiseMap(long in, long out) {
    this.weight = parameter("weight", Initialiser.fanIn(in), out, in, 1);
    this.bias = parameter("bias", Initialiser.fanIn(in), out);
  }

  /** x [B, n, in]: [B, n, out]. */
  Tensor apply(Tensor x) {
    return Scope.tensor(() -> Functional.linear(x, weight.value().squeeze(-1), bias.value()));
  }
}
