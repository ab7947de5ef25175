/** Curves as pictures. */
@NullMarked
package io.github.vla3d.plot;

import org.jspecify.annotations.NullMarked;
