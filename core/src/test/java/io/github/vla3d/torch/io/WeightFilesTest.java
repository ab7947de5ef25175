package io.github.vla3d.torch.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.TensorSpec;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WeightFilesTest {
  @TempDir Path folder;

  @Test
  void aTrainingRunLeadsToItsLastModel() throws IOException {
    Path model = folder.resolve("checkpoints/last/pretrained_model");
    Files.createDirectories(model);
    Scope.run(
        () ->
            SafetensorsWriter.write(
                model.resolve("model.safetensors"), Map.of("w", Tensors.ones(2))));
    try (Weights weights = WeightFiles.open(folder)) {
      assertThat(weights.specs()).isEqualTo(Map.of("w", TensorSpec.of(DType.F32, 2)));
    }
  }

  @Test
  void arraysOfNumPyAreWeights() {
    Path file = folder.resolve("arrays.npz");
    Npz.write(file, Map.of("a", NpyArray.of(new double[] {1, 2, 3}, 3)));
    try (Weights weights = WeightFiles.open(file)) {
      assertThat(weights.specs()).isEqualTo(Map.of("a", TensorSpec.of(DType.F64, 3)));
      assertThat(weights.get("a").toDoubles()).containsExactly(1, 2, 3);
      assertThat(weights.get("a")).isSameAs(weights.get("a"));
      assertThatThrownBy(() -> weights.get("b"))
          .isInstanceOf(TorchException.class)
          .hasMessageContaining("no tensor 'b'");
    }
  }

  @Test
  void anUnknownKindIsNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("weights.bin"), "x");
    assertThatThrownBy(() -> WeightFiles.open(file))
        .isInstanceOf(TorchException.class)
        .hasMessageContaining("weights.bin")
        .hasMessageContaining(".safetensors");
    assertThatThrownBy(() -> WeightFiles.open(folder.resolve("none")))
        .hasMessageContaining("no such file or folder");
  }
}
