package io.github.vla3d.agent;

import io.github.vla3d.data.Observation;
import io.github.vla3d.torch.Tensor;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One observation as its processors leave it; tensors of the caller's scope.
 *
 * @param pixels F32 [1, 3, h, w] in [-1, 1] of the cameras that are there, by the policy's names
 * @param seen where these come from, by the same names
 * @param ids I64 [1, L] of the prompt
 * @param valid BOOL [1, L]
 * @param state floating [1, S], normalised; null if the policy reads none
 * @param actions floating [H, A], normalised; null unless there were some
 * @param toRobot from what the network says, [H, A], to the robot's units
 */
record PreparedSample(
    Observation observation,
    Map<String, Tensor> pixels,
    Map<String, SeenView> seen,
    Tensor ids,
    Tensor valid,
    @Nullable Tensor state,
    @Nullable Tensor actions,
    UnaryOperator<Tensor> toRobot) {}
