package io.github.vla3d.tabletop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeysTest {
  @Test
  void lettersAreSteps() {
    List<double[]> actions = Keys.actions("2w D # forwards\n g.");
    assertThat(actions).hasSize(5);
    assertThat(actions.get(1)).containsExactly(1.0 / 3, 0, 0, 0, 0, 0, -1);
    assertThat(actions.get(2)).containsExactly(0, -1, 0, 0, 0, 0, -1);
    assertThat(actions.get(3)).containsExactly(0, 0, 0, 0, 0, 0, 1);
    assertThat(actions.get(4)).containsExactly(0, 0, 0, 0, 0, 0, 1);
  }

  @ParameterizedTest
  @CsvSource({"10w x, got 'x'", "'', got none", "# all remark, got none", "w 20, a number"})
  void whatIsNoKeyIsRefused(String script, String message) {
    assertThatThrownBy(() -> Keys.actions(script))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void theHandGoesWhereItsKeySays() {
    Tabletop table = new Tabletop(16);
    table.reset(Variant.nominal("bowl_on_plate", 0));
    float[] before = table.state();
    Keys.actions("8A 8.").forEach(table::step);
    float[] after = table.state();
    assertThat(after[1] - before[1]).isGreaterThan(0.1f);
    assertThat(after[0]).isCloseTo(before[0], org.assertj.core.data.Offset.offset(0.02f));
  }
}
