/**
 * The processors of a LeRobot checkpoint, executed step by step from its own files. A step or a key
 * that we do not know is an error: it may change what the policy sees.
 */
@NullMarked
package io.github.vla3d.policy.processing.lerobot;

import org.jspecify.annotations.NullMarked;
