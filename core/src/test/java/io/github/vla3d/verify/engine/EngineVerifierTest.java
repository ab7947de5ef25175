package io.github.vla3d.verify.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.io.Safetensors;
import io.github.vla3d.torch.io.SafetensorsWriter;
import io.github.vla3d.verify.Comparison;
import io.github.vla3d.verify.Verification;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EngineVerifierTest {
  private static final Path FOLDER = Path.of("src/test/resources/golden/engine");

  @Test
  void layersOptimisersAndSchedulesAreThoseOfTheReference() {
    Verification verification = Verification.of(FOLDER);
    assertThat(verification.unused()).isEmpty();
    assertThat(verification.comparisons()).hasSizeGreaterThan(150).allMatch(Comparison::passed);
    assertThat(verification.passed()).isTrue();
  }

  @Test
  void aWrongGradientFails(@TempDir Path copy) throws Exception {
    String wrong = "cross_attention_rotary.gradient.parameter.k_proj.weight";
    for (String file : new String[] {"manifest.json", "training.safetensors"}) {
      Files.copy(FOLDER.resolve(file), copy.resolve(file));
    }
    Files.copy(FOLDER.resolve("schedules.safetensors"), copy.resolve("schedules.safetensors"));
    Scope.run(
        () -> {
          try (Safetensors layers = Safetensors.open(FOLDER.resolve("layers.safetensors"))) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (String name : layers.specs().keySet()) {
              Tensor value = layers.get(name);
              tensors.put(name, name.equals(wrong) ? value.mul(1.0001) : value);
            }
            SafetensorsWriter.write(copy.resolve("layers.safetensors"), tensors);
          }
        });
    assertThat(Verification.of(copy).comparisons())
        .filteredOn(comparison -> !comparison.passed())
        .singleElement()
        .satisfies(comparison -> assertThat(comparison.name()).endsWith(wrong));
  }
}
