/**
 * Replays reference folders of kind "pi0" and "pi05": tiny models with every stage of LeRobot's and
 * openpi's implementations.
 */
@NullMarked
package io.github.vla3d.policy.pi.conformance;

import org.jspecify.annotations.NullMarked;
