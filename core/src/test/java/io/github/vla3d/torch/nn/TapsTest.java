package io.github.vla3d.torch.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensors;
import org.junit.jupiter.api.Test;

class TapsTest {
  @Test
  void whatIsWantedOutlivesItsScope() {
    Taps taps = new Taps(stage -> stage.startsWith("a."));
    Scope.run(
        () -> {
          taps.under("a.")
              .see("x", Tensors.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3).transpose(0, 1));
          taps.see("a.flags", Tensors.of(new boolean[] {true, false}, 2));
          taps.see("b.x", Tensors.of(new float[] {7}, 1));
        });
    assertThat(taps.stages()).containsExactly("a.x", "a.flags");
    assertThat(taps.get("a.x").values()).containsExactly(1, 4, 2, 5, 3, 6);
    assertThat(taps.get("a.x").at(2, 1)).isEqualTo(6);
    assertThat(taps.get("a.x").size(0)).isEqualTo(3);
    assertThat(taps.get("a.flags").values()).containsExactly(1, 0);
    assertThatThrownBy(() -> taps.get("b.x"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("b.x")
        .hasMessageContaining("a.flags");
    assertThatThrownBy(() -> taps.get("a.x").at(1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("wanted 2 indices, got 1");
  }
}
