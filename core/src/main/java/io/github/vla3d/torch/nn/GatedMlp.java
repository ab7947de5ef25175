package io.github.vla3d.torch.nn;

import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;

/**
 * down(activation(gate(x)) * up(x)) (Shazeer, arXiv 2002.05202), without biases. Children:
 * gate_proj and up_proj [F, D], down_proj [D, F].
 */
public final class GatedMlp extends Module {
  private final Activation activation;
  private final Linear gate;
  private final Linear up;
  private final Linear down;

  /**
   * @param width D
   * @param hidden F
   */
  public GatedMlp(long width, long hidden, Activation activation) {
    this.activation = activation;
    this.gate = register("gate_proj", new Linear(width, hidden, false));
    this.up = register("up_proj", new Linear(width, hidden, false));
    this.down = register("down_proj", new Linear(hidden, width, false));
  }

  /** See {@link Linear#pack}. */
  public void pack(long rows) {
    gate.pack(rows);
    up.pack(rows);
    down.pack(rows);
  }

  /** x [.., D]: [.., D]. */
  public Tensor apply(Tensor x) {
    return Scope.tensor(() -> down.apply(gate.apply(x, activation).mul(up.apply(x))));
  }
}
