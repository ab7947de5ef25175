/**
 * What a vision-language-action model is to the rest: views in, action chunk out, with a place for
 * tokens of somebody else in between. Families live in packages of their own and meet others only
 * through {@link io.github.vla3d.policy.Policy}.
 *
 * <p>Bad input is a {@link io.github.vla3d.policy.PolicyException} before anything is computed.
 */
@NullMarked
package io.github.vla3d.policy;

import org.jspecify.annotations.NullMarked;
