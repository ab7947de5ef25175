@NullMarked
package io.github.vla3d.torch.distributed;

import org.jspecify.annotations.NullMarked;
