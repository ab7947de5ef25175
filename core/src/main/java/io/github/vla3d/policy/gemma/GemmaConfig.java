package io.github.vla3d.policy.gemma;

import io.github.vla3d.policy.PolicyException;

/**
 * Sizes of a stack.
 *
 * @param width of the tokens
 * @param depth layers
 * @param hidden width of the gated feed-forward part
 * @param heads of the queries, a multiple of the key heads
 * @param keyHeads heads of keys and values
 * @param headWidth channels of a head, even
 */
public record GemmaConfig(
    int width, int depth, int hidden, int heads, int keyHeads, int headWidth) {
  public GemmaConfig {
    if (width < 1
        || depth < 1
        || hidden < 1
        || keyHeads < 1
        || heads < keyHeads
        || heads % keyHeads != 0
        || headWidth < 2
        || headWidth % 2 != 0) {
      throw new PolicyException(
          "Gemma: wanted sizes >= 1, heads a multiple of the key heads, and an even head width, got width %d, depth %d, hidden %d, heads %d, key heads %d, head width %d"
              .formatted(width, depth, hidden, heads, keyHeads, headWidth));
    }
  }

  /**
   * The variants of openpi and LeRobot.
   *
   * @param name gemma_2b, gemma_300m or dummy; those with _lora have the same sizes
   */
  public static GemmaConfig variant(String name) {
    return switch (name) {
      case "gemma_2b", "gemma_2b_lora" -> new GemmaConfig(2048, 18, 16384, 8, 1, 256);
      case "gemma_300m", "gemma_300m_lora" -> new GemmaConfig(1024, 18, 4096, 8, 1, 256);
      case "dummy" -> new GemmaConfig(64, 4, 128, 8, 1, 16);
      default ->
          throw new PolicyException(
              "Gemma: wanted gemma_2b, gemma_300m or dummy, got variant '" + name + "'");
    };
  }

  /** Whether layers of both can share keys and values. */
  public boolean joins(GemmaConfig other) {
    return depth == other.depth && keyHeads == other.keyHeads && headWidth == other.headWidth;
  }
}
