package io.github.vla3d.policy;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Tensor;
import java.util.Arrays;

/**
 * Prompts as token ids.
 *
 * @param ids I64 [B, L]
 * @param valid BOOL [B, L]: false where a prompt is padded
 */
public record Instruction(Tensor ids, Tensor valid) {
  public Instruction {
    if (ids.dtype() != DType.I64 || ids.dim() != 2) {
      throw new PolicyException("prompt: wanted I64 [B, L], got " + ids);
    }
    if (valid.dtype() != DType.BOOL || !Arrays.equals(ids.shape(), valid.shape())) {
      throw new PolicyException(
          "prompt mask: wanted BOOL " + Arrays.toString(ids.shape()) + ", got " + valid);
    }
  }
}
