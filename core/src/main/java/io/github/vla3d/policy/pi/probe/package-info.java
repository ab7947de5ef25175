/** How fast pi0 and pi0.5 are on this machine, at their true sizes with random weights. */
@NullMarked
package io.github.vla3d.policy.pi.probe;

import org.jspecify.annotations.NullMarked;
