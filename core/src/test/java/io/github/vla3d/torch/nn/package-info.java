@NullMarked
package io.github.vla3d.torch.nn;

import org.jspecify.annotations.NullMarked;
