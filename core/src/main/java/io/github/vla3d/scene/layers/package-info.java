/** Layers that the method's parts share. */
@NullMarked
package io.github.vla3d.scene.layers;

import org.jspecify.annotations.NullMarked;
