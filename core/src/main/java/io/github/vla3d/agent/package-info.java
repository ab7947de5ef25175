/**
 * A policy with its processors, and with the scene plug-in if one is attached: from what a robot
 * sees to what it does. Training walks the same way: {@link io.github.vla3d.agent.Agent#prepare},
 * {@link io.github.vla3d.agent.Agent#perceive}, and then a loss where acting samples.
 *
 * <p>Bad input is a {@link io.github.vla3d.policy.PolicyException} or a {@link
 * io.github.vla3d.policy.processing.ProcessingException} before anything is computed.
 */
@NullMarked
package io.github.vla3d.agent;

import org.jspecify.annotations.NullMarked;
