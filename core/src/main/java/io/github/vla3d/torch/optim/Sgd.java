package io.github.vla3d.torch.optim;

import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.nn.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Gradient descent, with momentum if wanted, as PyTorch computes it: v = momentum v + (g + decay
 * p), p -= rate v.
 *
 * <p>Its state has, with momentum, {@code momentum_buffer.NAME} for each parameter, in the
 * parameter's type.
 */
public final class Sgd implements Optimizer {
  private record Slot(Parameter parameter, ParameterGroup group, @Nullable Tensor velocity) {}

  private final double momentum;
  private final State state = new State();
  private final List<Slot> slots = new ArrayList<>();

  /**
   * @param momentum in [0, 1); 0 for plain descent without state
   * @throws io.github.vla3d.torch.TorchException if a parameter is empty
   */
  public Sgd(double momentum, List<ParameterGroup> groups) {
    if (!(momentum >= 0 && momentum < 1)) {
      throw new IllegalArgumentException("SGD: wanted a momentum in [0, 1), got " + momentum);
    }
    this.momentum = momentum;
    for (ParameterGroup group : groups) {
      group.parameters().forEach((name, parameter) -> slots.add(slot(name, parameter, group)));
    }
  }

  private Slot slot(String name, Parameter parameter, ParameterGroup group) {
    Tensor value = parameter.value();
    // A buffer of zeros gives the first step that PyTorch's missing buffer gives.
    Tensor velocity =
        momentum == 0
            ? null
            : state.add(
                "momentum_buffer." + name,
                () -> Tensors.zeros(value.dtype(), value.device(), value.shape()));
    return new Slot(parameter, group, velocity);
  }

  @Override
  public void step(double learningRate) {
    for (Slot slot : slots) {
      if (slot.parameter.isTrainable()) {
        Scope.run(
            () -> Autograd.noGrad(() -> step(slot, learningRate * slot.group.learningRateScale())));
      }
    }
  }

  private boolean step(Slot slot, double learningRate) {
    Tensor gradient = slot.parameter.grad();
    if (gradient == null) {
      return false;
    }
    Tensor value = slot.parameter.value();
    double decay = slot.group.weightDecay();
    Tensor change = decay == 0 ? gradient : gradient.add(value.mul(decay));
    Tensor velocity = slot.velocity;
    if (velocity != null) {
      velocity.mul_(momentum).add_(change);
    }
    value.add_(velocity == null ? change : velocity, -learningRate);
    return true;
  }

  @Override
  public void zeroGrad() {
    slots.forEach(slot -> slot.parameter.value().grad(null));
  }

  @Override
  public Map<String, Tensor> state() {
    return state.tensors();
  }

  @Override
  public void restore(Map<String, Tensor> saved) {
    state.restore("SGD", saved);
  }

  @Override
  public void close() {
    state.close();
  }
}
