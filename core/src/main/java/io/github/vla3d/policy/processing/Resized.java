package io.github.vla3d.policy.processing;

import io.github.vla3d.geometry.ImageTransform;
import io.github.vla3d.torch.Tensor;

/**
 * A resized picture and what was done to it.
 *
 * @param image in the layout of the picture that came in
 * @param transform from pixels of the old picture to pixels of the new one, for its intrinsics
 */
public record Resized(Tensor image, ImageTransform transform) {}
