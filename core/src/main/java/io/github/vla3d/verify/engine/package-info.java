/**
 * Replays reference folders of kind "engine", which {@code tools/reference/engine.py} writes:
 * single layers, attention, optimisers, clipping, averages and schedules.
 */
@NullMarked
package io.github.vla3d.verify.engine;

import org.jspecify.annotations.NullMarked;
