/** A plain folder of pictures, depth and one JSON file. */
@NullMarked
package io.github.vla3d.datasets.folder;

import org.jspecify.annotations.NullMarked;
