/** The choices of the method: records that are read from presets and checked when they are made. */
@NullMarked
package io.github.vla3d.scene.config;

import org.jspecify.annotations.NullMarked;
