/**
 * Tensors, automatic differentiation and processes: the only package that knows the native engine
 * (libtorch through JavaCPP).
 *
 * <p>Every tensor lives in a {@link io.github.vla3d.torch.Scope} (lexical, lent to a lambda) or in
 * a {@link io.github.vla3d.torch.Store} (as long as the object that owns it). There is no third way
 * to hold one, so none can leak, and using one after its owner has closed is an exception, never a
 * crash.
 *
 * <p>Dimensions in the documentation of this package and of those above it: B batch, V views, N
 * tokens, D channels, H heads, h and w rows and columns. Shapes are written {@code [B, N, D]}.
 */
@NullMarked
package io.github.vla3d.torch;

import org.jspecify.annotations.NullMarked;
