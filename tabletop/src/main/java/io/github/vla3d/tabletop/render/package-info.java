/** A renderer in software: colour, depth at pixel centres and instance ids, without a display. */
@NullMarked
package io.github.vla3d.tabletop.render;

import org.jspecify.annotations.NullMarked;
