/** Frozen scenes seen by many cameras. */
@NullMarked
package io.github.vla3d.datasets.scene;

import org.jspecify.annotations.NullMarked;
