package io.github.vla3d.policy.pi.conformance;

import io.github.vla3d.torch.Store;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.nn.Trace;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Keeps a copy of every stage. */
final class Stages implements Trace, AutoCloseable {
  private final Store store = new Store();
  private final Map<String, Tensor> seen = new LinkedHashMap<>();

  @Override
  public void see(String stage, Tensor value) {
    seen.put(stage, store.put(value.detach().copy()));
  }

  @Nullable Tensor find(String stage) {
    return seen.get(stage);
  }

  Tensor get(String stage) {
    Tensor value = seen.get(stage);
    if (value == null) {
      throw new TorchException("no stage '" + stage + "'; there are " + seen.keySet());
    }
    return value;
  }

  Map<String, Tensor> all() {
    return seen;
  }

  @Override
  public void close() {
    store.close();
  }
}
