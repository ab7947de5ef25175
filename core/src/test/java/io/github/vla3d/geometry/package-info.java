@NullMarked
package io.github.vla3d.geometry;

import org.jspecify.annotations.NullMarked;
