@NullMarked
package io.github.vla3d.policy.processing.lerobot;

import org.jspecify.annotations.NullMarked;
