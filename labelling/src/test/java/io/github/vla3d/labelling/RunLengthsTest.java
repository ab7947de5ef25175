package io.github.vla3d.labelling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.perception.ObjectMask;
import java.util.BitSet;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RunLengthsTest {
  static IntStream seeds() {
    return IntStream.range(0, 40);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void roundTrip(int seed) {
    Random random = new Random(seed);
    int width = 1 + random.nextInt(40);
    int height = 1 + random.nextInt(40);
    double often = random.nextDouble();
    BitSet pixels = new BitSet();
    for (int i = 0; i < width * height; i++) {
      pixels.set(i, random.nextDouble() < often);
    }
    ObjectMask mask = new ObjectMask(width, height, pixels);
    assertThat(RunLengths.mask(width, height, RunLengths.of(mask))).isEqualTo(mask);
  }

  @Test
  void byHand() {
    BitSet pixels = new BitSet();
    pixels.set(0);
    pixels.set(3, 6);
    assertThat(RunLengths.of(new ObjectMask(4, 2, pixels))).containsExactly(0, 1, 2, 3);
    assertThat(RunLengths.of(new ObjectMask(4, 2, new BitSet()))).isEmpty();
    assertThatThrownBy(() -> RunLengths.mask(4, 2, new int[] {2, 7}))
        .hasMessageContaining("got 7 at 2");
    assertThatThrownBy(() -> RunLengths.mask(4, 2, new int[] {2, -1, 3}))
        .hasMessageContaining("got -1");
  }
}
