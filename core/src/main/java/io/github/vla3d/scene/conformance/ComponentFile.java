package io.github.vla3d.scene.conformance;

import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.Weights;
import io.github.vla3d.verify.Fixture;
import io.github.vla3d.verify.Tolerance;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** One file of a folder. */
record ComponentFile(Fixture fixture, String name) {
  Tensor input(String tensor) {
    return fixture.input(name, tensor);
  }

  /** An input with respect to which gradients are taken: a copy. */
  Tensor leaf(String tensor) {
    return input(tensor).copy().requiresGrad_(true);
  }

  Set<String> names() {
    return fixture.specs(name).keySet();
  }

  boolean has(String tensor) {
    return names().contains(tensor);
  }

  void compare(String tensor, Tensor got, Tolerance tolerance) {
    fixture.compare(name, tensor, got, tolerance);
  }

  void compareGradient(String tensor, @Nullable Tensor gradient, Tolerance tolerance) {
    if (gradient == null) {
      throw new TorchException(name + "#" + tensor + ": no gradient arrived");
    }
    compare(tensor, gradient, tolerance);
  }

  /** The tensors under a prefix that the renaming gives a name. */
  Weights weights(String prefix, UnaryOperator<@Nullable String> renamed) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (String tensor : names()) {
      String ours =
          tensor.startsWith(prefix) ? renamed.apply(tensor.substring(prefix.length())) : null;
      if (ours != null) {
        tensors.put(ours, input(tensor));
      }
    }
    return Weights.of(name + "#" + prefix, tensors);
  }
}
