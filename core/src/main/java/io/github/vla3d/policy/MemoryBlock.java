package io.github.vla3d.policy;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Tensor;

/**
 * Tokens of somebody else that stand behind the prefix: they see it and each other, it does not see
 * them, and the action expert sees all.
 *
 * @param tokens floating [B, N, D] of the width of the family's prefix
 * @param valid BOOL [B, N]: which tokens anybody may see
 */
public record MemoryBlock(Tensor tokens, Tensor valid) {
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
  }
}
