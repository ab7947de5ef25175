package io.github.vla3d.torch.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.io.Safetensors;
import io.github.vla3d.torch.io.SafetensorsWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModuleTest {
  /** A net with all kinds of contents. */
  private static final class Net extends Module {
    final List<Linear> layers =
        register("encoder.layers", List.of(new Linear(3, 4), new Linear(4, 2, false)));
    final Parameter scale = parameter("scale", Initialiser.constant(2), 1);
    final Parameter count = buffer("count", Initialiser.constant(7), DType.I64, 2);

    Tensor apply(Tensor x) {
      return layers.get(1).apply(layers.get(0).apply(x).tanh()).mul(scale.as(x.dtype()));
    }
  }

  private static final String[] NAMES = {
    "encoder.layers.0.weight", "encoder.layers.0.bias", "encoder.layers.1.weight", "scale"
  };

  private static Net net(long seed) {
    Net net = new Net();
    try (Generator generator = new Generator(seed)) {
      net.initialise(generator);
    }
    return net;
  }

  @Test
  void namesAreThoseOfTheCheckpoint() {
    try (Net net = net(1)) {
      assertThat(net.parameters().keySet()).containsExactly(NAMES);
      assertThat(net.tensors().keySet()).contains("count").hasSize(5);
      net.tensors().forEach((name, p) -> assertThat(p.path()).isEqualTo(name));
      assertThat(net.count.value().dtype()).isEqualTo(DType.I64);
      assertThat(net.count.value().toLongs()).containsExactly(7, 7);
    }
  }

  @Test
  void sameSeedGivesSameValues() {
    try (Net a = net(3);
        Net b = net(3);
        Net c = net(4)) {
      a.save().forEach((name, value) -> assertThat(b.save().get(name)).matches(value::equal));
      assertThat(a.layers.get(0).weight().value().equal(c.layers.get(0).weight().value()))
          .isFalse();
    }
  }

  @Test
  void anEmptyParameterSaysWhatToDo() {
    try (Net net = new Net()) {
      assertThatThrownBy(() -> Scope.run(() -> net.apply(Tensors.ones(1, 3))))
          .isInstanceOf(TorchException.class)
          .hasMessage(
              "parameter encoder.layers.0.weight is empty: initialise or load its module first");
    }
  }

  @Test
  void savedWeightsLoadExactly(@TempDir Path folder) {
    Path file = folder.resolve("net.safetensors");
    try (Net net = net(5);
        Net copy = new Net()) {
      Scope.run(() -> SafetensorsWriter.write(file, net.save()));
      try (Safetensors weights = Safetensors.open(file)) {
        copy.load(weights, null, Device.CPU);
      }
      net.save().forEach((name, value) -> assertThat(copy.save().get(name)).matches(value::equal));
    }
  }

  @Test
  void frozenParametersShareTheFileAndTrainableOnesDoNot(@TempDir Path folder) {
    Path file = folder.resolve("net.safetensors");
    try (Net net = net(6);
        Net copy = new Net()) {
      Scope.run(() -> SafetensorsWriter.write(file, net.save()));
      copy.freeze(name -> name.startsWith("encoder"));
      try (Safetensors weights = Safetensors.open(file)) {
        copy.load(weights, null, Device.CPU);
        assertThat(
                copy.layers
                    .get(0)
                    .weight()
                    .value()
                    .sharesStorageWith(weights.get("encoder.layers.0.weight")))
            .isTrue();
        assertThat(copy.scale.value().sharesStorageWith(weights.get("scale"))).isFalse();
      }
      assertThat(copy.trainable().keySet()).containsExactly("scale");
      Scope.run(
          () -> {
            Tensor x = Tensors.ones(2, 3);
            Tensor y = copy.apply(x); // still mapped, though the weights are closed
            assertThat(y.equal(net.apply(x))).isTrue();
            y.sum().backward();
            assertThat(copy.scale.grad()).isNotNull();
            assertThat(copy.layers.get(0).weight().grad()).isNull();
          });
    }
  }

  @Test
  void loadingIsStrictAndChangesNothingOnFailure(@TempDir Path folder) {
    Path file = folder.resolve("net.safetensors");
    try (Net net = net(7)) {
      float[] before = net.scale.value().toFloats();
      Scope.run(
          () -> {
            Map<String, Tensor> tensors = new LinkedHashMap<>(net.save());
            tensors.put("scale", Tensors.ones(2));
            tensors.remove("count");
            tensors.put("counts", Tensors.ones(1));
            SafetensorsWriter.write(file, tensors);
          });
      try (Safetensors weights = Safetensors.open(file)) {
        assertThatThrownBy(() -> net.load(weights, null, Device.CPU))
            .isInstanceOf(TorchException.class)
            .hasMessageContaining("1 missing: count")
            .hasMessageContaining("1 superfluous: counts")
            .hasMessageContaining("scale (wanted F32[1], got F32[2])");
      }
      assertThat(net.scale.value().toFloats()).isEqualTo(before);
    }
  }

  @Test
  void conversionKeepsIntegersAndGradientFlags() {
    try (Net net = net(8)) {
      net.freeze(name -> name.equals("scale"));
      net.to(DType.BF16);
      assertThat(net.count.value().dtype()).isEqualTo(DType.I64);
      assertThat(net.scale.value().dtype()).isEqualTo(DType.BF16);
      assertThat(net.scale.value().requiresGrad()).isFalse();
      assertThat(net.layers.get(0).weight().value().requiresGrad()).isTrue();
      net.unfreeze(name -> true);
      assertThat(net.scale.value().requiresGrad()).isTrue();
      assertThat(net.count.isTrainable()).isFalse();
    }
  }

  @Test
  void closingFreesAll() {
    Net net = net(9);
    Tensor weight = net.layers.get(0).weight().value();
    net.close();
    assertThatThrownBy(weight::shape).hasMessageContaining("store closed");
  }

  @Test
  void namesAreTakenOnceAndChildrenHaveOneParent() {
    Linear child = new Linear(1, 1);
    final class Twice extends Module {
      Twice() {
        register("a", child);
        register("b", child);
      }
    }
    assertThatThrownBy(Twice::new)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("has a parent already");
  }

  @Test
  void trainingModeReachesChildren() {
    try (Net net = net(10)) {
      assertThat(net.layers.get(0).isTraining()).isTrue();
      net.training(false);
      assertThat(net.layers.get(0).isTraining()).isFalse();
    }
  }
}
