/** Programs to start from. */
@NullMarked
package io.github.vla3d.examples;

import org.jspecify.annotations.NullMarked;
