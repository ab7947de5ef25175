package io.github.vla3d.evaluation;

import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One policy in one episode. */
final class Rollout {
  /**
   * What came of it.
   *
   * @param standing in the end
   * @param questions to the network
   */
  record Result(Arena.Standing standing, int questions) {}

  private Rollout() {}

  /**
   * Plays to the end.
   *
   * @param seed of the evaluation
   * @param watcher sees the arena before each step and after the last
   * @param stop asked before each step
   * @return null if it was stopped
   */
  static @Nullable Result play(
      Arena arena,
      Trial trial,
      Contestant contestant,
      long seed,
      @Nullable Consumer<Arena> watcher,
      BooleanSupplier stop) {
    arena.begin(trial);
    Contestant.Player player = contestant.begin(arena, Seeds.of(seed, trial.episode()));
    Arena.Standing standing = arena.standing();
    while (!standing.done()) {
      if (stop.getAsBoolean()) {
        return null;
      }
      if (watcher != null) {
        watcher.accept(arena);
      }
      try {
        standing = arena.step(player.act());
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "%s in %s, step %d: %s"
                .formatted(contestant.name(), trial.episode(), standing.steps(), e.getMessage()),
            e);
      }
    }
    if (watcher != null) {
      watcher.accept(arena);
    }
    return new Result(standing, player.questions());
  }
}
