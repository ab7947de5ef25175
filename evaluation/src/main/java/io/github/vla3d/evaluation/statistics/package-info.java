/** How sure a share of successes is, and a difference between two policies. */
@NullMarked
package io.github.vla3d.evaluation.statistics;

import org.jspecify.annotations.NullMarked;
