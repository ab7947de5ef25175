package io.github.vla3d.labelling;

import io.github.vla3d.perception.ObjectMask;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Masks as lengths of runs: row by row, first of pixels outside (0 if the first pixel is inside),
 * then inside, and so on; the last run may be left out if it is outside.
 */
final class RunLengths {
  private RunLengths() {}

  static int[] of(ObjectMask mask) {
    BitSet pixels = mask.pixels();
    int[] runs = new int[16];
    int n = 0;
    int at = 0;
    while (at < pixels.length()) {
      if (n + 2 > runs.length) {
        runs = Arrays.copyOf(runs, 2 * runs.length);
      }
      int inside = pixels.nextSetBit(at);
      int outside = pixels.nextClearBit(inside);
      runs[n++] = inside - at;
      runs[n++] = outside - inside;
      at = outside;
    }
    return Arrays.copyOf(runs, n);
  }

  /**
   * @throws IllegalArgumentException if a run is negative, or they are longer than the picture
   */
  static ObjectMask mask(int width, int height, int[] runs) {
    BitSet pixels = new BitSet(width * height);
    long at = 0;
    for (int i = 0; i < runs.length; i++) {
      long end = at + runs[i];
      if (runs[i] < 0 || end > (long) width * height) {
        throw new IllegalArgumentException(
            "mask: wanted runs within %d x %d pixels, got %d at %d"
                .formatted(width, height, runs[i], at));
      }
      if (i % 2 == 1) {
        pixels.set((int) at, (int) end);
      }
      at = end;
    }
    return new ObjectMask(width, height, pixels);
  }
}
