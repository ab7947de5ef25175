package io.github.vla3d.policy.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.vla3d.verify.Comparison;
import io.github.vla3d.verify.Verification;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PreprocessVerifierTest {
  private static final Path SMALL = Path.of("src/test/resources/golden/preprocess");

  @TempDir Path folder;

  @Test
  void theSmallFolderPasses() {
    Verification verification = Verification.of(SMALL);
    assertThat(verification.kind()).isEqualTo("preprocess");
    assertThat(verification.comparisons()).hasSizeGreaterThan(200).allMatch(Comparison::passed);
    assertThat(verification.unused()).isEmpty();
    assertThat(verification.passed()).isTrue();
  }

  @Test
  void theWholeFolderPasses() {
    // Beside the repository, or beside the folder of its work trees.
    Path shared =
        Stream.of("../../shared", "../../../shared")
            .map(parent -> Path.of(parent, "golden", "preprocess"))
            .filter(Files::isDirectory)
            .findFirst()
            .orElse(SMALL);
    assumeTrue(!shared.equals(SMALL), "skipped: no ../shared/golden/preprocess");
    Verification verification = Verification.of(shared);
    assertThat(verification.comparisons()).allMatch(Comparison::passed);
    assertThat(verification.unused()).isEmpty();
    assertThat(verification.passed()).isTrue();
  }

  @Test
  void anotherCharacterFails() throws IOException {
    copy();
    replace("pi05_prompt_strings_openpi.json", "State: 209 141", "State: 209 142");
    Verification verification = Verification.of(folder);
    assertThat(verification.comparisons().stream().filter(c -> !c.passed()))
        .extracting(Comparison::name)
        .containsExactly("pi05_prompt_strings_openpi.json#openpi[0].full_prompt");
    assertThat(verification.passed()).isFalse();
  }

  @Test
  void otherStatisticsFail() throws IOException {
    copy();
    replace("norm_stats_case2.json", "0.5221808078682725", "0.5221808078682735");
    List<String> failed =
        Verification.of(folder).comparisons().stream()
            .filter(c -> !c.passed())
            .map(Comparison::name)
            .toList();
    assertThat(failed).contains("openpi_normalize.safetensors#c2.stats.state.mean");
  }

  @Test
  void aPartThatWeDoNotKnowFails() throws IOException {
    copy();
    replace("manifest_lerobot.json", "libero_state.safetensors", "other_state.safetensors");
    Files.move(
        folder.resolve("libero_state.safetensors"), folder.resolve("other_state.safetensors"));
    Verification verification = Verification.of(folder);
    assertThat(verification.unused()).contains("other_state.safetensors#quat_xyzw");
    assertThat(verification.passed()).isFalse();
  }

  private void copy() throws IOException {
    try (Stream<Path> files = Files.list(SMALL)) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(SMALL.relativize(file).toString()));
      }
    }
  }

  private void replace(String file, String from, String to) throws IOException {
    String content = Files.readString(folder.resolve(file));
    assertThat(content).contains(from);
    Files.writeString(folder.resolve(file), content.replace(from, to));
  }
}
