@NullMarked
package io.github.vla3d.policy.conformance;

import org.jspecify.annotations.NullMarked;
