@NullMarked
package io.github.vla3d.verify.engine;

import org.jspecify.annotations.NullMarked;
