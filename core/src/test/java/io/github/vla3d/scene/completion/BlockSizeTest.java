package io.github.vla3d.scene.completion;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BlockSizeTest {
  private static final BlockSize.Range SCALE = new BlockSize.Range(0.15, 0.2);
  private static final BlockSize.Range ASPECT = new BlockSize.Range(0.75, 1.5);

  /** The masks of the reference for these draws have 42, 48 and 35 tokens. */
  @Test
  void isThatOfTheReference() {
    assertThat(BlockSize.of(0.49625658988952637, 16, 16, SCALE, ASPECT))
        .isEqualTo(new BlockSize(7, 6));
    assertThat(BlockSize.of(0.7576315999031067, 16, 16, SCALE, ASPECT))
        .isEqualTo(new BlockSize(8, 6));
    assertThat(BlockSize.of(0.004263520240783691, 16, 16, SCALE, ASPECT))
        .isEqualTo(new BlockSize(5, 7));
  }

  @Test
  void isSmallerThanTheGrid() {
    BlockSize.Range whole = new BlockSize.Range(1, 1);
    assertThat(BlockSize.of(0.5, 6, 9, whole, whole)).isEqualTo(new BlockSize(5, 7));
    assertThat(BlockSize.of(0.5, 9, 6, whole, whole)).isEqualTo(new BlockSize(7, 5));
  }
}
