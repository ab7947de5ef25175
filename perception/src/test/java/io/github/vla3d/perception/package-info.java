@NullMarked
package io.github.vla3d.perception;

import org.jspecify.annotations.NullMarked;
