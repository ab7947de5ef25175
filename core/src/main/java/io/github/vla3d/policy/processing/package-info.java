/**
 * From what a robot sends to what a network takes, and back: resizes that keep the camera known,
 * normalisation, state bins, prompts and tokens. What is here is shared by all families; how a
 * published checkpoint strings it together is in {@code lerobot} (executed from the checkpoint's
 * own files) and {@code openpi} (whose files leave it to code).
 *
 * <p>Everything follows a reference to the bit or to the last digits of its type, because a policy
 * that sees its inputs a little differently acts a little differently, and nobody knows why.
 *
 * <p>All classes throw {@link io.github.vla3d.policy.processing.ProcessingException}.
 */
@NullMarked
package io.github.vla3d.policy.processing;

import org.jspecify.annotations.NullMarked;
