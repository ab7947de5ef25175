package io.github.vla3d.torch.nn;

import io.github.vla3d.torch.Tensor;

/**
 * Sees what a network computes on the way, under the names of its stages. The tensors belong to the
 * network: whoever wants to keep one copies it.
 */
@FunctionalInterface
public interface Trace {
  /** Sees nothing. */
  Trace NONE = (stage, value) -> {};

  void see(String stage, Tensor value);

  /** The same, for stages whose names begin with a prefix. */
  default Trace under(String prefix) {
    return this == NONE ? NONE : (stage, value) -> see(prefix + stage, value);
  }
}
