@NullMarked
package io.github.vla3d.torch.optim;

import org.jspecify.annotations.NullMarked;
