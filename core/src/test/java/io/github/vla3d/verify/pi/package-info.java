@NullMarked
package io.github.vla3d.verify.pi;

import org.jspecify.annotations.NullMarked;
