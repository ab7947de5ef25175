@NullMarked
package io.github.vla3d.labelling;

import org.jspecify.annotations.NullMarked;
