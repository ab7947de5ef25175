@NullMarked
package io.github.vla3d.scene.config;

import org.jspecify.annotations.NullMarked;
