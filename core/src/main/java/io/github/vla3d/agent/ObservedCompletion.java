package io.github.vla3d.agent;

import io.github.vla3d.scene.CompletionSource;
import io.github.vla3d.scene.config.SceneConfig;
import org.jspecify.annotations.Nullable;

/** Where features are completed at inference, by the choice of a configuration. */
final class ObservedCompletion {
  private ObservedCompletion() {}

  /** Null if the variant completes nothing. */
  static @Nullable CompletionSource of(SceneConfig config) {
    return null;
  }
}
