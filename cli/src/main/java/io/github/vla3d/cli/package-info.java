/** The program {@code vla3d}: one class a command. */
@NullMarked
package io.github.vla3d.cli;

import org.jspecify.annotations.NullMarked;
