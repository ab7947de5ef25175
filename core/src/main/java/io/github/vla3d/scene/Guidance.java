package io.github.vla3d.scene;

import io.github.vla3d.scene.instance.Targets;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.distributed.BatchShare;
import org.jspecify.annotations.Nullable;

/**
 * What the method is told beside its input.
 *
 * @param targets objects that labels know of, while training: they decide which probes become
 *     tokens; null at inference
 * @param completion where to complete; null to complete nothing, as in stage 1
 * @param noise of tokens while training; null for none
 * @param share of a batch that the input is: everything, unless several processes train together
 */
public record Guidance(
    @Nullable Targets targets,
    @Nullable CompletionSource completion,
    @Nullable Generator noise,
    BatchShare share) {
  /** In one process. */
  public Guidance(
      @Nullable Targets targets, @Nullable CompletionSource completion, @Nullable Generator noise) {
    this(targets, completion, noise, BatchShare.ALL);
  }

  /** No labels. */
  public static Guidance inference(@Nullable CompletionSource completion) {
    return new Guidance(null, completion, null);
  }

  /** With labels. */
  public static Guidance training(Targets targets, @Nullable CompletionSource completion) {
    return new Guidance(targets, completion, null);
  }
}
