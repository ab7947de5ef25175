/** What the method is given: tokens of views with calibrated depth, and where they are in space. */
@NullMarked
package io.github.vla3d.scene.input;

import org.jspecify.annotations.NullMarked;
