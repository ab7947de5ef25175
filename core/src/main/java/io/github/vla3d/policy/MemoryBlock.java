package io.github.vla3d.policy;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Tokens of somebody else beside the prefix. They see it and each other, and the action expert sees
 * all.
 *
 * @param tokens floating [B, N, D] of the width of the family's prefix
 * @param valid BOOL [B, N]: which tokens anybody may see
 * @param place whether the prefix sees them, too
 * @param gates floating [layers]: the action expert reads the block in a softmax of its own, whose
 *     outcome is added times tanh(gate), so that gates of 0 change nothing; null where it reads the
 *     block as more keys beside those of the prefix
 */
public record MemoryBlock(Tensor tokens, Tensor valid, Place place, @Nullable Tensor gates) {
  /** Who sees a block. */
  public enum Place {
    /** The action expert alone; the prefix stays as it is, bit for bit. */
    BEHIND,
    /** The prefix too: one block in which all see each other. */
    WITHIN
  }

  /** A block behind the prefix, without gates. */
  public MemoryBlock(Tensor tokens, Tensor valid) {
    this(tokens, valid, Place.BEHIND, null);
  }

  public MemoryBlock {
    if (tokens.dim() != 3 || tokens.size(1) < 1 || !tokens.dtype().isFloating()) {
      throw new PolicyException("memory: wanted floating [B, N, D], got " + tokens);
    }
    if (valid.dtype() != DType.BOOL
        || valid.dim() != 2
        || valid.size(0) != tokens.size(0)
        || valid.size(1) != tokens.size(1)) {
      throw new PolicyException(
          "memory mask: wanted BOOL [%d, %d], got %s"
              .formatted(tokens.size(0), tokens.size(1), valid));
    }
    if (gates != null && place == Place.WITHIN) {
      throw new PolicyException("memory: gates want a block behind the prefix, got one within");
    }
  }
}
