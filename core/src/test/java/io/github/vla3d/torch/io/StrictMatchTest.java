package io.github.vla3d.torch.io;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.TensorSpec;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.io.StrictMatch.Types;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class StrictMatchTest {
  private static final TensorSpec F32 = TensorSpec.of(DType.F32, 2, 3);
  private static final TensorSpec BF16 = TensorSpec.of(DType.BF16, 2, 3);

  @Test
  void oneErrorNamesEverything() {
    assertThatThrownBy(
            () ->
                StrictMatch.check(
                    "file",
                    Map.of("fc.weight", F32, "fc.bias", F32, "norm", F32, "ok", F32),
                    Map.of("fc.wieght", F32, "model.fc.bias", F32, "norm", BF16, "ok", F32),
                    Types.EXACT))
        .isInstanceOf(TorchException.class)
        .hasMessage(
            "file: wanted 4 tensors, got 4;"
                + " 2 missing: fc.bias (did you mean 'model.fc.bias'?),"
                + " fc.weight (did you mean 'fc.wieght'?);"
                + " 2 superfluous: fc.wieght, model.fc.bias;"
                + " 1 different: norm (wanted F32[2, 3], got BF16[2, 3])");
  }

  @Test
  void longListsAreShortened() {
    Map<String, TensorSpec> many = new TreeMap<>();
    for (int i = 100; i < 200; i++) {
      many.put("p" + i, F32);
    }
    assertThatThrownBy(() -> StrictMatch.check("file", many, Map.of(), Types.EXACT))
        .hasMessageContaining("100 missing: p100, p101,")
        .hasMessageEndingWith("p109, ... and 90 more");
  }

  @Test
  void typesAreConvertedOnlyOnRequest() {
    Map<String, TensorSpec> wanted = Map.of("a", F32);
    assertThatCode(() -> StrictMatch.check("f", wanted, Map.of("a", BF16), Types.ANY_FLOATING))
        .doesNotThrowAnyException();
    assertThatThrownBy(
            () ->
                StrictMatch.check(
                    "f", wanted, Map.of("a", TensorSpec.of(DType.I32, 2, 3)), Types.ANY_FLOATING))
        .hasMessageContaining("different: a (wanted F32[2, 3], got I32[2, 3])");
    assertThatThrownBy(
            () ->
                StrictMatch.check(
                    "f", wanted, Map.of("a", TensorSpec.of(DType.F32, 3, 2)), Types.ANY_FLOATING))
        .hasMessageContaining("different: a (wanted F32[2, 3], got F32[3, 2])");
  }
}
