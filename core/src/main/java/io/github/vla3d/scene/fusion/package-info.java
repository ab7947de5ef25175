/** Multi-view spatial fusion: tokens of all views become one memory in space, Eq. (1). */
@NullMarked
package io.github.vla3d.scene.fusion;

import org.jspecify.annotations.NullMarked;
