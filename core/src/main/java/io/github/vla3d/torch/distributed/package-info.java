/**
 * Training with several processes: starting them, and averaging their gradients while the backward
 * pass is still running.
 */
@NullMarked
package io.github.vla3d.torch.distributed;

import org.jspecify.annotations.NullMarked;
