@NullMarked
package io.github.vla3d.policy.pi.probe;

import org.jspecify.annotations.NullMarked;
