/** The page of {@code vla3d demo}. */
@NullMarked
package io.github.vla3d.cli.demo;

import org.jspecify.annotations.NullMarked;
