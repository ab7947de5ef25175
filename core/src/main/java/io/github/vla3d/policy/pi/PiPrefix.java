package io.github.vla3d.policy.pi;

import io.github.vla3d.policy.Prefix;
import io.github.vla3d.policy.gemma.Cache;
import io.github.vla3d.torch.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is computed before the actions.
 *
 * @param cache keys and values of images and prompt, and of memory behind them
 * @param next I64 [B]: position of the first token behind the prefix; memory takes none
 * @param state F32 [B, S] as wide as the network; null for pi0.5
 * @param gated memory that is read through gates; null for none
 */
record PiPrefix(Cache cache, Tensor next, @Nullable Tensor state, @Nullable Gated gated)
    implements Prefix {
  /**
   * Memory beside the cache.
   *
   * @param cache its keys and values
   * @param gates one [] for each layer of the action expert
   */
  record Gated(Cache cache, List<Tensor> gates) {}

  @Override
  public long batch() {
    return cache.batch();
  }
}
