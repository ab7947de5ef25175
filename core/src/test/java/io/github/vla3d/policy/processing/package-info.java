@NullMarked
package io.github.vla3d.policy.processing;

import org.jspecify.annotations.NullMarked;
