package io.github.vla3d.torch.distributed;

import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.nn.Linear;
import io.github.vla3d.torch.nn.Module;
import java.util.stream.DoubleStream;

/** A network that uses its parameters in every way that data parallelism must cope with. */
final class TinyNet extends Module {
  final Linear first = register("first", new Linear(6, 16));
  final Linear shared = register("shared", new Linear(16, 16));
  final Linear unused = register("unused", new Linear(5, 5));
  final Linear frozen = register("frozen", new Linear(16, 16));
  final Linear rare = register("rare", new Linear(16, 16));
  final Linear last = register("last", new Linear(16, 1));
  private final boolean checkpointed;

  TinyNet(long seed, boolean checkpointed) {
    this.checkpointed = checkpointed;
    try (Generator generator = new Generator(seed)) {
      initialise(generator);
    }
    freeze(name -> name.startsWith("frozen."));
  }

  /**
   * @param x [B, 6]
   * @param rarely whether the layer that is rarely used takes part
   * @return [B, 1]
   */
  Tensor apply(Tensor x, boolean rarely) {
    Tensor h = first.apply(x).tanh();
    for (int i = 0; i < 3; i++) {
      h = checkpointed ? Autograd.checkpoint(this::block, h) : block(h);
    }
    h = frozen.apply(h);
    return last.apply(rarely ? rare.apply(h).tanh() : h);
  }

  private Tensor block(Tensor h) {
    return shared.apply(h).tanh().add(h);
  }

  Tensor loss(Tensor x, boolean rarely) {
    return Scope.tensor(() -> apply(x, rarely).sub(x.sum(true, 1)).square().mean());
  }

  /** All values in one array. */
  double[] values() {
    return tensors().values().stream()
        .map(p -> p.value().toDoubles())
        .reduce(
            new double[0],
            (a, b) -> DoubleStream.concat(DoubleStream.of(a), DoubleStream.of(b)).toArray());
  }
}
