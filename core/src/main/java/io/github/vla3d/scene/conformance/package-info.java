/** Replays reference tensors of the method and of the published parts that it builds on. */
@NullMarked
package io.github.vla3d.scene.conformance;

import org.jspecify.annotations.NullMarked;
