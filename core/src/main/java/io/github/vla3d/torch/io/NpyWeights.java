package io.github.vla3d.torch.io;

import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Store;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.TensorSpec;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.Weights;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** Arrays of NumPy as weights. */
final class NpyWeights implements Weights {
  private final String source;
  private final Map<String, NpyArray> arrays;
  private final Map<String, TensorSpec> specs = new LinkedHashMap<>();
  private final Map<String, Tensor> handedOut = new HashMap<>();
  private final Store store = new Store();

  NpyWeights(String source, Map<String, NpyArray> arrays) {
    this.source = source;
    this.arrays = arrays;
    arrays.forEach((name, array) -> specs.put(name, array.spec()));
  }

  @Override
  public String source() {
    return source;
  }

  @Override
  public Map<String, TensorSpec> specs() {
    return Collections.unmodifiableMap(specs);
  }

  @Override
  public synchronized Tensor get(String name) {
    NpyArray array = arrays.get(name);
    if (array == null) {
      throw new TorchException(
          source + ": no tensor '" + name + "'" + StrictMatch.suggestion(name, arrays.keySet()));
    }
    Tensor known = handedOut.get(name);
    if (known != null) {
      return known;
    }
    Tensor tensor = Scope.call(scope -> store.put(array.toTensor()));
    handedOut.put(name, tensor);
    return tensor;
  }

  @Override
  public synchronized void close() {
    store.close();
    handedOut.clear();
  }
}
