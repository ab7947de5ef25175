@NullMarked
package io.github.vla3d.torch.checkpoint;

import org.jspecify.annotations.NullMarked;
