/** Optimisers, learning-rate schedules, gradient clipping and averages of weights. */
@NullMarked
package io.github.vla3d.torch.optim;

import org.jspecify.annotations.NullMarked;
