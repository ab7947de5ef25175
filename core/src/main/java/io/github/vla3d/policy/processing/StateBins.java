package io.github.vla3d.policy.processing;

import io.github.vla3d.torch.Tensor;
import java.util.Arrays;

/**
 * The state as pi0.5 reads it in its prompt: 256 bins of equal width over [-1, 1). Below lies bin
 * -1, above and at 1 bin 255.
 */
public final class StateBins {
  private static final int BINS = 256;

  private StateBins() {}

  /**
   * The bin of a normalised number.
   *
   * @throws ProcessingException if it is no number
   */
  public static int of(double x) {
    if (Double.isNaN(x)) {
      throw new ProcessingException("state: wanted numbers, got NaN");
    }
    int bin = (int) Math.floor(Math.max(-1, Math.min(BINS - 1, (x + 1) * (BINS / 2.0))));
    // The sum above is rounded: just below an edge it may reach it.
    return bin >= 0 && x < edge(bin) ? bin - 1 : bin;
  }

  /** Exact in binary. */
  private static double edge(int bin) {
    return bin / (BINS / 2.0) - 1;
  }

  /**
   * @param state floating [D], normalised
   */
  public static int[] of(Tensor state) {
    return Arrays.stream(state.toDoubles()).mapToInt(StateBins::of).toArray();
  }

  /** With the bin of 0 appended up to a length, as LeRobot up to 0.4.4 did it; longer ones stay. */
  public static int[] padded(int[] bins, int length) {
    int[] padded = Arrays.copyOf(bins, Math.max(bins.length, length));
    Arrays.fill(padded, bins.length, padded.length, BINS / 2);
    return padded;
  }
}
