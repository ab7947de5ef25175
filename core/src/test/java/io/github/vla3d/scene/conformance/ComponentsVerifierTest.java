package io.github.vla3d.scene.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.io.Safetensors;
import io.github.vla3d.torch.io.SafetensorsWriter;
import io.github.vla3d.verify.Comparison;
import io.github.vla3d.verify.Verification;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ComponentsVerifierTest {
  private static final Path SMALL = Path.of("src/test/resources/golden/components");

  private static void passes(Path folder, int least) {
    Verification verification = Verification.of(folder);
    assertThat(verification.kind()).isEqualTo("components");
    assertThat(verification.comparisons()).hasSizeGreaterThan(least).allMatch(Comparison::passed);
    assertThat(verification.unused()).isEmpty();
    assertThat(verification.passed()).isTrue();
  }

  @Test
  void theSmallFolderPasses() {
    passes(SMALL, 250);
  }

  @Test
  void theWholeFolderPasses() {
    Path whole =
        Stream.of("../../shared", "../../../shared")
            .map(shared -> Path.of(shared, "golden", "components"))
            .filter(Files::isDirectory)
            .findFirst()
            .orElse(SMALL);
    assumeTrue(!whole.equals(SMALL), "skipped: no ../shared/golden/components");
    passes(whole, 700);
  }

  @ParameterizedTest
  @CsvSource({
    "msda_core.safetensors, c0.f64.grad_locations",
    "msda_module.safetensors, m1.out",
    "losses.safetensors, box.giou",
    "matcher_criterion.safetensors, criterion.grad_boxes",
    "ijepa_model.safetensors, step.grad.pred.mask_token",
    "sinusoidal.safetensors, rope3d.f24",
    "fps_chamfer.safetensors, cd0.cd_p"
  })
  void anotherNumberFails(String file, String tensor, @TempDir Path copy) throws IOException {
    try (Stream<Path> files = Files.list(SMALL)) {
      for (Path each : files.toList()) {
        Files.copy(each, copy.resolve(SMALL.relativize(each).toString()));
      }
    }
    Scope.run(
        () -> {
          try (Safetensors right = Safetensors.open(SMALL.resolve(file))) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (String name : right.specs().keySet()) {
              Tensor value = right.get(name);
              tensors.put(name, name.equals(tensor) ? value.mul(1.001) : value);
            }
            SafetensorsWriter.write(copy.resolve(file), tensors);
          }
        });
    assertThat(Verification.of(copy).comparisons())
        .filteredOn(comparison -> !comparison.passed())
        .singleElement()
        .satisfies(comparison -> assertThat(comparison.name()).endsWith(tensor));
  }
}
