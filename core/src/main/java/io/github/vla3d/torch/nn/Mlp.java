package io.github.vla3d.torch.nn;

import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Linear maps with an activation between each two, none after the last. */
public final class Mlp extends Module {
  private final Activation activation;
  private final List<Linear> layers = new ArrayList<>();

  /**
   * @param names of the linear maps in order
   * @param widths of the input, of everything between, and of the output: one more than names
   */
  public Mlp(Activation activation, List<String> names, long... widths) {
    if (names.isEmpty() || widths.length != names.size() + 1) {
      throw new IllegalArgumentException(
          "MLP: wanted one width more than names, got " + names + " and " + widths.length);
    }
    this.activation = activation;
    for (int i = 0; i < names.size(); i++) {
      layers.add(register(names.get(i), new Linear(widths[i], widths[i + 1])));
    }
  }

  /** Of linear maps, which are named 0, 1, ... */
  public Mlp(Activation activation, List<Linear> layers) {
    if (layers.isEmpty()) {
      throw new IllegalArgumentException("MLP: wanted a linear map, got none");
    }
    this.activation = activation;
    this.layers.addAll(layers);
    for (int i = 0; i < layers.size(); i++) {
      register(Integer.toString(i), layers.get(i));
    }
  }

  /** With linear maps named 0, 1, ... */
  public static Mlp numbered(Activation activation, long... widths) {
    return new Mlp(
        activation,
        IntStream.range(0, widths.length - 1).mapToObj(Integer::toString).toList(),
        widths);
  }

  /** x [.., in]: [.., out]. */
  public Tensor apply(Tensor x) {
    return Scope.tensor(
        () -> {
          Tensor y = layers.get(0).apply(x);
          for (Linear layer : layers.subList(1, layers.size())) {
            y = layer.apply(activation.apply(y));
          }
          return y;
        });
  }
}
