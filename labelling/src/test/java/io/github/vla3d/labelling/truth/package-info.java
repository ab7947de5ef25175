@NullMarked
package io.github.vla3d.labelling.truth;

import org.jspecify.annotations.NullMarked;
