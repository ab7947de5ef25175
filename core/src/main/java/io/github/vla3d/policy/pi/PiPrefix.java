package io.github.vla3d.policy.pi;

import io.github.vla3d.policy.Prefix;
import io.github.vla3d.policy.gemma.Cache;
import io.github.vla3d.torch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * @param cache keys and values of images and prompt, and of memory behind them
 * @param next I64 [B]: position of the first token behind the prefix; memory takes none
 * @param state F32 [B, S] as wide as the network; null for pi0.5
 */
record PiPrefix(Cache cache, Tensor next, @Nullable Tensor state) implements Prefix {
  @Override
  public long batch() {
    return cache.batch();
  }
}
