@NullMarked
package io.github.vla3d.perception.pointattn;

import org.jspecify.annotations.NullMarked;
