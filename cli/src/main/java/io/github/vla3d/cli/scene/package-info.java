/** Pictures of what the method makes of an observation, for people. */
@NullMarked
package io.github.vla3d.cli.scene;

import org.jspecify.annotations.NullMarked;
