/**
 * What is hidden: a predictor that completes features at coordinates, Eq. (7) to (10), how it
 * teaches itself, Eq. (11) to (13), and the points at which it is asked.
 */
@NullMarked
package io.github.vla3d.scene.completion;

import org.jspecify.annotations.NullMarked;
