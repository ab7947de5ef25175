@NullMarked
package io.github.vla3d.scene.completion;

import org.jspecify.annotations.NullMarked;
