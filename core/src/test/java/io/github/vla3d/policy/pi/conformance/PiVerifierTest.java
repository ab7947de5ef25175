package io.github.vla3d.policy.pi.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.vla3d.verify.Comparison;
import io.github.vla3d.verify.Verification;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PiVerifierTest {
  @ParameterizedTest
  @ValueSource(strings = {"pi0", "pi05"})
  void theReferencesAreMet(String kind) {
    Path folder =
        Stream.of("../../shared", "../../../shared")
            .map(shared -> Path.of(shared, "golden", kind))
            .filter(Files::isDirectory)
            .findFirst()
            .orElse(Path.of(""));
    assumeTrue(
        Files.isDirectory(folder.resolve("lerobot")), "skipped: no ../shared/golden/" + kind);
    Verification verification = Verification.of(folder);
    assertThat(verification.comparisons()).hasSizeGreaterThan(200).allMatch(Comparison::passed);
    assertThat(verification.unused()).isEmpty();
  }
}
