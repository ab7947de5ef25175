@NullMarked
package io.github.vla3d.scene.aggregation;

import org.jspecify.annotations.NullMarked;
