package io.github.vla3d.torch.optim;

import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Fused;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.nn.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101), as PyTorch computes
 * it: every parameter counts its own steps.
 *
 * <p>Its state has, for each parameter: {@code exp_avg.NAME}, {@code exp_avg_sq.NAME}, {@code
 * step.NAME} (F32 []), and {@code master.NAME} where there is a master copy. The first two are of
 * the parameter's type, or F32 where there is a master copy.
 */
public final class AdamW implements Optimizer {
  /**
   * Settings of all groups.
   *
   * @param beta1 in [0, 1): how much of the mean of gradients stays
   * @param beta2 in [0, 1): how much of the mean of squares stays
   * @param epsilon > 0: added to the root of the mean of squares
   * @param masters whether parameters of less than 32 bits get an fp32 copy that collects the steps
   */
  public record Options(double beta1, double beta2, double epsilon, boolean masters) {
    /** PyTorch's defaults, with masters. */
    public static final Options DEFAULT = new Options(0.9, 0.999, 1e-8, true);

    public Options {
      if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1 && epsilon > 0)) {
        throw new IllegalArgumentException(
            "AdamW: wanted betas in [0, 1) and epsilon > 0, got "
                + beta1
                + ", "
                + beta2
                + ", "
                + epsilon);
      }
    }
  }

  private record Slot(
      Parameter parameter,
      ParameterGroup group,
      Tensor mean,
      Tensor square,
      Tensor step,
      @Nullable Tensor master) {}

  private final Options options;
  private final State state = new State();
  private final List<Slot> slots = new ArrayList<>();

  /**
   * @throws io.github.vla3d.torch.TorchException if a parameter is empty
   * @throws IllegalArgumentException if a name stands in two groups
   */
  public AdamW(Options options, List<ParameterGroup> groups) {
    this.options = options;
    for (ParameterGroup group : groups) {
      group.parameters().forEach((name, parameter) -> slots.add(slot(name, parameter, group)));
    }
  }

  private Slot slot(String name, Parameter parameter, ParameterGroup group) {
    Tensor value = parameter.value();
    DType dtype = value.dtype();
    Device device = value.device();
    boolean master = options.masters && dtype.isFloating() && dtype.bytes() < 4;
    DType kept = master ? DType.F32 : dtype;
    return new Slot(
        parameter,
        group,
        state.add("exp_avg." + name, () -> Tensors.zeros(kept, device, value.shape())),
        state.add("exp_avg_sq." + name, () -> Tensors.zeros(kept, device, value.shape())),
        state.add("step." + name, () -> Tensors.zeros(DType.F32, device)),
        master ? state.add("master." + name, () -> value.to(DType.F32)) : null);
  }

  @Override
  public void step(double learningRate) {
    for (Slot slot : slots) {
      if (slot.parameter.isTrainable()) {
        Scope.run(() -> step(slot, learningRate * slot.group.learningRateScale()));
      }
    }
  }

  private void step(Slot slot, double learningRate) {
    Tensor gradient = slot.parameter.grad();
    if (gradient == null) {
      return;
    }
    Tensor value = slot.parameter.value();
    Tensor target = slot.master == null ? value : slot.master;
    Fused.adamW(
        target,
        gradient.to(target.dtype()),
        slot.mean,
        slot.square,
        slot.step,
        learningRate,
        options.beta1,
        options.beta2,
        slot.group.weightDecay(),
        options.epsilon);
    if (slot.master != null) {
      Autograd.noGrad(() -> value.copy_(target));
    }
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
    state.restore("AdamW", saved);
  }

  @Override
  public void close() {
    state.close();
  }
}
