/** Tests of the method's probe. */
@NullMarked
package io.github.vla3d.scene.probe;

import org.jspecify.annotations.NullMarked;
