@NullMarked
package io.github.vla3d.torch.io;

import org.jspecify.annotations.NullMarked;
