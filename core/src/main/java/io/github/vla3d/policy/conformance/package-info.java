/** Verifiers of the policies: they replay what the references have computed. */
@NullMarked
package io.github.vla3d.policy.conformance;

import org.jspecify.annotations.NullMarked;
