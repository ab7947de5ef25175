/**
 * The embedded benchmark: a table, a gripper, cameras, tasks with physical goals, an expert, and
 * perturbations, all from names.
 */
@NullMarked
package io.github.vla3d.tabletop;

import org.jspecify.annotations.NullMarked;
