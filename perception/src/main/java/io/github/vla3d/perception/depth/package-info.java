/** A teacher that needs no weights: objects are what stands on a support and is not the robot. */
@NullMarked
package io.github.vla3d.perception.depth;

import org.jspecify.annotations.NullMarked;
