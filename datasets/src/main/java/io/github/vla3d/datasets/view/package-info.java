/** Pictures of an episode for people. */
@NullMarked
package io.github.vla3d.datasets.view;

import org.jspecify.annotations.NullMarked;
