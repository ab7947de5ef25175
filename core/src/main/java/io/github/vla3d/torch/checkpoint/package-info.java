/**
 * Training state on disk that survives crashes: written aside, hashed, brought to the disk and
 * renamed, so that the newest whole one is found again whatever happened.
 *
 * <p>The layout is LeRobot's:
 *
 * <pre>
 * checkpoints/
 *   000020/
 *     pretrained_model/   model.safetensors, config.json, ...: what a policy is loaded from
 *     training_state/     optimiser, average of the weights, schedule, random states, position
 *     manifest.json       size and SHA-256 of every file, the step and the metrics
 *     manifest.sha256     that of the manifest
 *   last -> 000020
 * </pre>
 */
@NullMarked
package io.github.vla3d.torch.checkpoint;

import org.jspecify.annotations.NullMarked;
