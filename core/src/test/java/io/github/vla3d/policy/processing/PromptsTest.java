package io.github.vla3d.policy.processing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PromptsTest {
  @ParameterizedTest
  @CsvSource({
    "-1.5, -1", "-1, 0", "-0.5, 64", "-1e-9, 127", "-1e-20, 127", "0, 128", "0.0078125, 129",
    "0.5, 192", "0.99, 254", "0.9921875, 255", "1, 255", "1.7, 255", "1e300, 255", "-1e300, -1",
    "Infinity, 255", "-Infinity, -1", "-1.0000001, -1"
  })
  void bins(double x, int bin) {
    assertThat(StateBins.of(x)).isEqualTo(bin);
  }

  /** Against the definition: how many edges are not above. */
  @Test
  void binsByCountingEdges() {
    Random random = new Random(4);
    for (int i = 0; i < 20_000; i++) {
      double edge = random.nextInt(-5, 262) / 128.0 - 1;
      double x =
          switch (i % 4) {
            case 0 -> edge;
            case 1 -> Math.nextUp(edge);
            case 2 -> Math.nextDown(edge);
            default -> random.nextDouble(-1.1, 1.1);
          };
      int count = 0;
      for (int k = 0; k < 256; k++) {
        count += x >= k / 128.0 - 1 ? 1 : 0;
      }
      assertThat(StateBins.of(x)).as("%s", x).isEqualTo(count - 1);
    }
  }

  @Test
  void noNumberHasNoBin() {
    assertThatThrownBy(() -> StateBins.of(Double.NaN))
        .isInstanceOf(ProcessingException.class)
        .hasMessageContaining("NaN");
  }

  @Test
  void paddingOnlyLengthens() {
    assertThat(StateBins.padded(new int[] {3, -1}, 4)).containsExactly(3, -1, 128, 128);
    assertThat(StateBins.padded(new int[] {3, -1}, 0)).containsExactly(3, -1);
  }

  @Test
  void texts() {
    assertThat(Prompts.cleaned("\u00a0\t put_it\nthere \u3000\u0085")).isEqualTo("put it there");
    assertThat(Prompts.cleaned("\u200bx")).isEqualTo("\u200bx");
    assertThat(Prompts.cleaned(" \n ")).isEmpty();
    assertThat(Prompts.line("a_b\n")).isEqualTo("a_b\n");
    assertThat(Prompts.line("a_b")).isEqualTo("a_b\n");
    assertThat(Prompts.withState("a_b", new int[] {0, -1}))
        .isEqualTo("Task: a b, State: 0 -1;\nAction: ");
    assertThat(Prompts.withoutState("a_b")).isEqualTo("Task: a b;\nAction: ");
  }

  @Test
  void tokensArePaddedOrCut() {
    PromptTokens padded = PromptTokens.of(new int[] {2, 7}, 4, 9);
    assertThat(padded.ids()).containsExactly(2, 7, 9, 9);
    assertThat(padded.mask()).containsExactly(true, true, false, false);
    assertThat(padded.cut()).isFalse();
    PromptTokens cut = PromptTokens.of(new int[] {2, 7, 8}, 2, 9);
    assertThat(cut.ids()).containsExactly(2, 7);
    assertThat(cut.cut()).isTrue();
    assertThat(PromptTokens.of(new int[] {2, 7}, 2, 9).cut()).isFalse();
  }
}
