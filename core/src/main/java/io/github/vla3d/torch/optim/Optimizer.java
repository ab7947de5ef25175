package io.github.vla3d.torch.optim;

import io.github.vla3d.torch.Tensor;
import java.util.Map;

/**
 * Changes parameters by their gradients. Its state belongs to it until it is closed. Parameters
 * that are frozen, or have no gradient, are left alone.
 */
public interface Optimizer extends AutoCloseable {
  /** One step in place at a learning rate, which groups may scale. */
  void step(double learningRate);

  /** Drops all gradients, so that the next backward pass starts new ones. */
  void zeroGrad();

  /**
   * All that the steps to come depend on besides the parameters. The tensors are those in use: they
   * change with the next step.
   */
  Map<String, Tensor> state();

  /**
   * Goes on from a saved {@link #state}, bit for bit.
   *
   * @throws io.github.vla3d.torch.TorchException if names, shapes or types are not those of this
   *     optimiser's own state; nothing has changed then
   */
  void restore(Map<String, Tensor> state);

  @Override
  void close();
}
