/**
 * Spatially-conditioned geometry aggregation: what the instances and completed features become for
 * a policy, Eq. (14) to (16).
 */
@NullMarked
package io.github.vla3d.scene.aggregation;

import org.jspecify.annotations.NullMarked;
