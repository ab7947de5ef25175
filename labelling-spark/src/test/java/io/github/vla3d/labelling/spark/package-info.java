@NullMarked
package io.github.vla3d.labelling.spark;

import org.jspecify.annotations.NullMarked;
