/** Tables, pictures and JSON as the formats store them, with bounds on what a file may ask for. */
@NullMarked
package io.github.vla3d.datasets.io;

import org.jspecify.annotations.NullMarked;
