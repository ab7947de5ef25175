/**
 * What a robot sees and does: observations, episodes and what training draws from them.
 *
 * <p>Values are immutable and checked when they are made; everything wrong with a file ends in one
 * {@link io.github.vla3d.data.DataException}. Readers of concrete formats live in the module {@code
 * datasets}.
 */
@NullMarked
package io.github.vla3d.data;

import org.jspecify.annotations.NullMarked;
