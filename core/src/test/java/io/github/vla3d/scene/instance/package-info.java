@NullMarked
package io.github.vla3d.scene.instance;

import org.jspecify.annotations.NullMarked;
