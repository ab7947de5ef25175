/**
 * The method: tokens of a policy's views in, scene tokens for the policy out. Knows no policy.
 *
 * <p>{@link io.github.vla3d.scene.SceneModule#perceive} is the walk: fusion, instances, completion,
 * aggregation, each in a package of its own, in the order of the paper's equations.
 */
@NullMarked
package io.github.vla3d.scene;

import org.jspecify.annotations.NullMarked;
