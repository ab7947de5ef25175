@NullMarked
package io.github.vla3d.agent;

import org.jspecify.annotations.NullMarked;
