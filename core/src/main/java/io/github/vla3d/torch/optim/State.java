package io.github.vla3d.torch.optim;

import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Store;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.TensorSpec;
import io.github.vla3d.torch.TorchException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Supplier;

/** Named tensors that live as long as their owner and can be saved and restored exactly. */
final class State implements AutoCloseable {
  private final Store store = new Store();
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();

  /** Makes a tensor outside the graph and keeps it under a name. */
  Tensor add(String name, Supplier<Tensor> make) {
    return Scope.call(
        scope -> {
          Tensor tensor = store.put(Autograd.noGrad(() -> make.get().detach()));
          if (tensors.put(name, tensor) != null) {
            throw new IllegalArgumentException("'" + name + "' is there twice");
          }
          return tensor;
        });
  }

  Map<String, Tensor> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  void restore(String what, Map<String, Tensor> saved) {
    if (!saved.keySet().equals(tensors.keySet())) {
      TreeSet<String> missing = new TreeSet<>(tensors.keySet());
      missing.removeAll(saved.keySet());
      TreeSet<String> superfluous = new TreeSet<>(saved.keySet());
      superfluous.removeAll(tensors.keySet());
      throw new TorchException(what + ": missing " + missing + ", superfluous " + superfluous);
    }
    tensors.forEach(
        (name, tensor) -> {
          TensorSpec wanted = TensorSpec.of(tensor);
          TensorSpec got = TensorSpec.of(saved.getOrDefault(name, tensor));
          if (!wanted.equals(got)) {
            throw new TorchException(what + " " + name + ": wanted " + wanted + ", got " + got);
          }
        });
    Autograd.noGrad(
        () -> {
          tensors.forEach((name, tensor) -> tensor.copy_(saved.getOrDefault(name, tensor)));
          return true;
        });
  }

  @Override
  public void close() {
    store.close();
  }
}
