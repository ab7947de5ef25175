@NullMarked
package io.github.vla3d.policy;

import org.jspecify.annotations.NullMarked;
