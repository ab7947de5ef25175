@NullMarked
package io.github.vla3d.policy.processing.openpi;

import org.jspecify.annotations.NullMarked;
