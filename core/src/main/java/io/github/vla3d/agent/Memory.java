package io.github.vla3d.agent;

import io.github.vla3d.policy.MemoryBlock;
import io.github.vla3d.policy.ViewTokens;
import java.util.Optional;

/**
 * Where tokens of somebody else come from: the scene plug-in. It is asked between the policy's
 * prefix and its sampler, when acting and when training alike, with gradients where the caller
 * records them.
 *
 * <p>An agent closes its memory with itself. If several threads act at once, they ask at once.
 */
@FunctionalInterface
public interface Memory extends AutoCloseable {
  /**
   * @param observation what was seen: pictures, cameras, depth, poses of the end-effectors
   * @param views the tokens of its views; on the device of the policy
   * @return tokens of the policy's width, in the caller's scope; empty if there are none, and then
   *     the policy runs as if it had no memory, bit for bit
   */
  Optional<MemoryBlock> remember(PreparedObservation observation, ViewTokens views);

  @Override
  default void close() {}
}
