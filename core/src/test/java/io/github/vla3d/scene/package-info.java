@NullMarked
package io.github.vla3d.scene;

import org.jspecify.annotations.NullMarked;
