@NullMarked
package io.github.vla3d.scene.conformance;

import org.jspecify.annotations.NullMarked;
