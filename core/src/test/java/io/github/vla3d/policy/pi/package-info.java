@NullMarked
package io.github.vla3d.policy.pi;

import org.jspecify.annotations.NullMarked;
