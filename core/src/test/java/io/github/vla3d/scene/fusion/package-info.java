@NullMarked
package io.github.vla3d.scene.fusion;

import org.jspecify.annotations.NullMarked;
