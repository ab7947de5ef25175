package io.github.vla3d.scene.fusion;

import io.github.vla3d.scene.input.Placement;
import io.github.vla3d.torch.Tensor;

/**
 * The scene memory M.
 *
 * @param features [B, N, D], 0 at tokens that may not be read
 * @param placement where its tokens are
 */
public record Memory(Tensor features, Placement placement) {}
