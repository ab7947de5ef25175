@NullMarked
package io.github.vla3d.scene.encoding;

import org.jspecify.annotations.NullMarked;
