/** How fast the method is on this machine, at a size and for a request like that of a robot. */
@NullMarked
package io.github.vla3d.scene.probe;

import org.jspecify.annotations.NullMarked;
