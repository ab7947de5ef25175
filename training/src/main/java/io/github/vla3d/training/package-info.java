/** Trains the plug-in, and the action expert with it, on recordings. */
@NullMarked
package io.github.vla3d.training;

import org.jspecify.annotations.NullMarked;
