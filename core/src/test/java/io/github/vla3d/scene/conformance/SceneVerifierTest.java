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

/** Eq. (1) to (16) against the reference implementation of the same text. */
class SceneVerifierTest {
  private static final Path SMALL = Path.of("src/test/resources/golden/scene");

  /** As much of the reference as fits into the repository; the whole is checked below. */
  @Test
  void theSmallFolderPasses() {
    Verification verification = Verification.of(SMALL);
    assertThat(verification.comparisons()).hasSizeGreaterThan(450).allMatch(Comparison::passed);
    assertThat(verification.unused()).isEmpty();
    assertThat(verification.passed()).isTrue();
  }

  /** One weight of the last of the decoder's maps, moved by a hundredth. */
  @Test
  void anotherWeightFails(@TempDir Path copy) throws IOException {
    try (Stream<Path> files = Files.walk(SMALL)) {
      for (Path file : files.toList()) {
        Path to = copy.resolve(SMALL.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(to);
        } else {
          Files.copy(file, to);
        }
      }
    }
    Path weights = copy.resolve("default/weights.safetensors");
    String moved = "decoder.layers.1.coordinate.2.bias";
    Scope.run(
        () -> {
          Map<String, Tensor> tensors = new LinkedHashMap<>();
          try (Safetensors file = Safetensors.open(weights)) {
            file.specs().keySet().forEach(name -> tensors.put(name, file.get(name).copy()));
          }
          tensors.computeIfPresent(moved, (name, bias) -> bias.add(0.01));
          SafetensorsWriter.write(weights, tensors);
        });
    Verification verification = Verification.of(copy);
    assertThat(verification.passed()).isFalse();
    assertThat(verification.comparisons().stream().filter(c -> !c.passed()))
        .extracting(Comparison::name)
        .contains("default/case_e1.safetensors#layer1.points")
        .noneMatch(name -> name.contains("layer0.content") || name.startsWith("paper/"));
  }

  @Test
  void theReferenceIsMet() {
    Path folder =
        Stream.of("../../shared", "../../../shared")
            .map(shared -> Path.of(shared, "golden", "scene"))
            .filter(Files::isDirectory)
            .findFirst()
            .orElse(Path.of(""));
    assumeTrue(Files.isDirectory(folder.resolve("inputs")), "skipped: no ../shared/golden/scene");
    Verification verification = Verification.of(folder);
    assertThat(verification.comparisons()).hasSizeGreaterThan(1200).allMatch(Comparison::passed);
    assertThat(verification.unused()).isEmpty();
  }
}
