package io.github.vla3d.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.io.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerificationTest {
  @TempDir Path folder;

  /** Doubles its input. */
  private static Verifier verifier(Consumer<Fixture> body) {
    return new Verifier() {
      @Override
      public String kind() {
        return "doubling";
      }

      @Override
      public boolean knows(Fixture fixture) {
        return fixture.manifest().path("kind").asText().equals("doubling");
      }

      @Override
      public void verify(Fixture fixture) {
        body.accept(fixture);
      }
    };
  }

  private static final Verifier HONEST =
      verifier(
          f ->
              f.compare(
                  "sub/case.safetensors",
                  "out",
                  f.input("sub/case.safetensors", "in").mul(2),
                  Tolerance.of(1e-5, 1e-6)));

  @BeforeEach
  void write() throws IOException {
    Files.writeString(folder.resolve("manifest.json"), "{\"kind\": \"doubling\"}");
    Files.writeString(folder.resolve("README.md"), "about");
    Files.createDirectory(folder.resolve("sub"));
    Scope.run(() -> write(Tensors.of(new float[] {2, 4, 6}, 3)));
  }

  private void write(Tensor out) {
    SafetensorsWriter.write(
        folder.resolve("sub/case.safetensors"),
        Map.of("in", Tensors.of(new float[] {1, 2, 3}, 3), "out", out));
  }

  @Test
  void aFaithfulReplayPasses() {
    Verification verification = Verification.of(folder, List.of(HONEST));
    assertThat(verification.passed()).isTrue();
    assertThat(verification.comparisons()).hasSize(1);
    assertThat(verification.unused()).isEmpty();
  }

  @Test
  void aDifferenceFails() {
    Scope.run(() -> write(Tensors.of(new float[] {2, 4, 6.01f}, 3)));
    Verification verification = Verification.of(folder, List.of(HONEST));
    assertThat(verification.passed()).isFalse();
    assertThat(verification.comparisons().get(0).maxAbsolute()).isBetween(0.0099, 0.0101);
  }

  @Test
  void notANumberDoesNotHide() {
    Scope.run(() -> write(Tensors.of(new float[] {2, Float.NaN, 6}, 3)));
    assertThat(Verification.of(folder, List.of(HONEST)).passed()).isFalse();
    Scope.run(() -> write(Tensors.of(new float[] {2, Float.POSITIVE_INFINITY, 6}, 3)));
    assertThat(Verification.of(folder, List.of(HONEST)).passed()).isFalse();
  }

  @Test
  void anotherShapeFails() {
    Scope.run(() -> write(Tensors.of(new float[] {2, 4, 6}, 3, 1)));
    Verification verification = Verification.of(folder, List.of(HONEST));
    assertThat(verification.passed()).isFalse();
    assertThat(verification.comparisons().get(0).note()).contains("[3, 1]").contains("[3]");
  }

  @Test
  void aTensorThatNobodyReadsFails() {
    Verifier lazy =
        verifier(
            f ->
                f.compare(
                    "sub/case.safetensors",
                    "out",
                    Tensors.of(new float[] {2, 4, 6}, 3),
                    Tolerance.EXACT));
    Verification verification = Verification.of(folder, List.of(lazy));
    assertThat(verification.passed()).isFalse();
    assertThat(verification.unused()).containsExactly("sub/case.safetensors#in");
  }

  @Test
  void aFileThatNobodyReadsFails() throws IOException {
    Files.writeString(folder.resolve("sub/extra.json"), "{}");
    Verification verification = Verification.of(folder, List.of(HONEST));
    assertThat(verification.passed()).isFalse();
    assertThat(verification.unused()).containsExactly("sub/extra.json");
  }

  @Test
  void comparingNothingFails() {
    Verifier idle =
        verifier(
            f ->
                f.specs("sub/case.safetensors")
                    .keySet()
                    .forEach(name -> f.input("sub/case.safetensors", name)));
    Verification verification = Verification.of(folder, List.of(idle));
    assertThat(verification.unused()).isEmpty();
    assertThat(verification.passed()).isFalse();
  }

  @Test
  void aFolderThatNobodyKnowsIsAnError() throws IOException {
    Files.writeString(folder.resolve("manifest.json"), "{\"kind\": \"other\"}");
    assertThatThrownBy(() -> Verification.of(folder, List.of(HONEST)))
        .isInstanceOf(TorchException.class)
        .hasMessageContaining("no verifier knows")
        .hasMessageContaining("doubling");
  }

  @Test
  void theManifestDecidesOnSizes() throws IOException {
    Files.writeString(
        folder.resolve("manifest.json"), "{\"dims\": {\"width\": 64, \"lm_same\": true}}");
    try (Fixture fixture = Fixture.open(folder)) {
      assertThat(fixture.dims(Map.of("width", 2048L, "depth", 18L)))
          .isEqualTo(Map.of("width", 64L, "depth", 18L));
    }
  }

  @Test
  void valuesAreComparedAsWell() {
    try (Fixture fixture = Fixture.open(folder)) {
      fixture.compare("loss", 1.0, 1.0 + 1e-6, Tolerance.of(1e-5, 0));
      fixture.compare("loss", 1.0, 1.1, Tolerance.of(1e-5, 0));
      fixture.compare("loss", 1.0, Double.NaN, Tolerance.of(1e-5, 0));
      fixture.compareEqual("prompt", "a b", "a  b");
      fixture.compareEqual("bytes", new byte[] {1}, new byte[] {1});
      assertThat(fixture.comparisons().stream().map(Comparison::passed))
          .containsExactly(true, false, false, false, true);
    }
  }
}
