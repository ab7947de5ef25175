package io.github.vla3d.torch.optim;

import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Store;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.nn.Parameter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An exponential moving average of weights in fp32: average = d average + (1 - d) weight after
 * every step. With warm-up, d is at most (1 + n) / (10 + n) after n updates.
 *
 * <p>Its state is {@code ema.NAME} (F32) for each parameter and {@code updates} (I64 []).
 */
public final class Ema implements AutoCloseable {
  private final double decay;
  private final boolean warmup;
  private final Map<String, Parameter> parameters;
  private final State state = new State();
  private final Map<String, Tensor> averages = new LinkedHashMap<>();
  private final Tensor updates;

  /**
   * Starts at the present weights.
   *
   * @param decay d, in [0, 1)
   * @param parameters by the names that the state uses
   * @throws io.github.vla3d.torch.TorchException if a parameter is empty
   */
  public Ema(double decay, boolean warmup, Map<String, Parameter> parameters) {
    if (!(decay >= 0 && decay < 1)) {
      throw new IllegalArgumentException("EMA: wanted a decay in [0, 1), got " + decay);
    }
    this.decay = decay;
    this.warmup = warmup;
    this.parameters = new LinkedHashMap<>(parameters);
    parameters.forEach(
        (name, parameter) ->
            averages.put(
                name,
                state.add("ema." + name, () -> parameter.value().detach().to(DType.F32).copy())));
    this.updates = state.add("updates", () -> Tensors.zeros(DType.I64, Device.CPU));
  }

  /** Takes the present weights into the average. */
  public void update() {
    Scope.run(
        () ->
            Autograd.noGrad(
                () -> {
                  double n = updates.item();
                  double d = warmup ? Math.min(decay, (1 + n) / (10 + n)) : decay;
                  averages.forEach(
                      (name, average) ->
                          Scope.run(() -> average.lerp_(value(name).to(DType.F32), 1 - d)));
                  return updates.add_(Tensors.of(new long[] {1}).view());
                }));
  }

  /**
   * Runs the body with the averages in the place of the weights, and puts the weights back. Nobody
   * else may use the model meanwhile.
   */
  public <T extends @Nullable Object> T evaluate(Supplier<T> body) {
    try (Store backup = new Store()) {
      Map<String, Tensor> weights = new LinkedHashMap<>();
      Scope.run(
          () -> {
            for (String name : parameters.keySet()) {
              weights.put(name, backup.put(value(name).detach().copy()));
            }
          });
      write(averages);
      try {
        return body.get();
      } finally {
        write(weights);
      }
    }
  }

  private void write(Map<String, Tensor> values) {
    Autograd.noGrad(
        () -> {
          values.forEach((name, tensor) -> value(name).copy_(tensor));
          return true;
        });
  }

  private Tensor value(String name) {
    Parameter parameter = parameters.get(name);
    if (parameter == null) {
      throw new IllegalStateException(name);
    }
    return parameter.value();
  }

  /** The averages by parameter name: what is saved as the model. They change with updates. */
  public Map<String, Tensor> averages() {
    return java.util.Collections.unmodifiableMap(averages);
  }

  /** Averages and number of updates, as in use. */
  public Map<String, Tensor> state() {
    return state.tensors();
  }

  /**
   * Goes on from a saved {@link #state}, bit for bit.
   *
   * @throws io.github.vla3d.torch.TorchException if names, shapes or types are not those of this
   *     state
   */
  public void restore(Map<String, Tensor> saved) {
    state.restore("EMA", saved);
  }

  @Override
  public void close() {
    state.close();
  }
}
