package io.github.vla3d.policy.processing;

import java.util.Arrays;

/**
 * A prompt as the network gets it: padded on the right, or cut.
 *
 * @param ids of the tokens
 * @param mask false where padded
 * @param wanted how many tokens the text has; more than {@code ids} if it was cut
 */
public record PromptTokens(long[] ids, boolean[] mask, int wanted) {
  public PromptTokens {
    ids = ids.clone();
    mask = mask.clone();
    if (ids.length != mask.length) {
      throw new ProcessingException(
          "prompt: %d ids and a mask of %d".formatted(ids.length, mask.length));
    }
  }

  /**
   * Pads or cuts to a length.
   *
   * @param pad id of the padding
   */
  public static PromptTokens of(int[] tokens, int length, int pad) {
    if (length < 1) {
      throw new ProcessingException("prompt: wanted room for a token, got " + length);
    }
    long[] ids = new long[length];
    boolean[] mask = new boolean[length];
    Arrays.fill(ids, pad);
    int kept = Math.min(length, tokens.length);
    for (int i = 0; i < kept; i++) {
      ids[i] = tokens[i];
      mask[i] = true;
    }
    return new PromptTokens(ids, mask, tokens.length);
  }

  /** Whether the end of the text is missing. */
  public boolean cut() {
    return wanted > ids.length;
  }

  @Override
  public long[] ids() {
    return ids.clone();
  }

  @Override
  public boolean[] mask() {
    return mask.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PromptTokens b
        && Arrays.equals(ids, b.ids)
        && Arrays.equals(mask, b.mask)
        && wanted == b.wanted;
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(ids) + wanted;
  }

  @Override
  public String toString() {
    return "PromptTokens" + Arrays.toString(ids) + " of " + wanted;
  }
}
