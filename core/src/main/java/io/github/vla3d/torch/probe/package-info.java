/** Measures what the engine does on this machine. */
@NullMarked
package io.github.vla3d.torch.probe;

import org.jspecify.annotations.NullMarked;
