package io.github.vla3d.torch.nn;

import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Tensor;
import java.util.function.UnaryOperator;

/** What stands between two linear maps. */
public enum Activation {
  /** x times the normal distribution's cumulative function, exact (erf). */
  GELU(Functional::gelu),
  /** {@link #GELU} by its tanh approximation. */
  GELU_TANH(Functional::geluTanh),
  /** x * sigmoid(x). */
  SILU(Functional::silu),
  /** max(x, 0). */
  RELU(Tensor::relu);

  private final UnaryOperator<Tensor> function;

  Activation(UnaryOperator<Tensor> function) {
    this.function = function;
  }

  /** Element-wise. */
  public Tensor apply(Tensor x) {
    return function.apply(x);
  }
}
