package io.github.vla3d.torch;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Weights that are in memory already. */
record HeldWeights(String source, Map<String, Tensor> tensors) implements Weights {
  HeldWeights {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
  }

  @Override
  public Map<String, TensorSpec> specs() {
    Map<String, TensorSpec> specs = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> specs.put(name, TensorSpec.of(tensor)));
    return specs;
  }

  @Override
  public Tensor get(String name) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new TorchException(source + ": no tensor of the name " + name);
    }
    return tensor;
  }

  @Override
  public void close() {}
}
