@NullMarked
package io.github.vla3d.policy.pi.conformance;

import org.jspecify.annotations.NullMarked;
