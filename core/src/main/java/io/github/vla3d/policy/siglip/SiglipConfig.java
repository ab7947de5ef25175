package io.github.vla3d.policy.siglip;

import io.github.vla3d.policy.PolicyException;
import io.github.vla3d.policy.TokenGrid;

/**
 * Sizes of a tower.
 *
 * @param width of the tokens
 * @param depth layers
 * @param heads of each layer, a divisor of the width
 * @param hidden width of the feed-forward part
 * @param patch side of a patch in pixels
 * @param image side of the picture in pixels, a multiple of the patch
 */
public record SiglipConfig(int width, int depth, int heads, int hidden, int patch, int image) {
  /** SigLIP So400m/14 at 224 pixels. */
  public static final SiglipConfig SO400M = new SiglipConfig(1152, 27, 16, 4304, 14, 224);

  public SiglipConfig {
    if (width < 1 || depth < 1 || heads < 1 || hidden < 1 || patch < 1 || width % heads != 0) {
      throw new PolicyException(
          "SigLIP: wanted a width divisible by the heads, and sizes >= 1, got width %d, depth %d, heads %d, hidden %d, patch %d"
              .formatted(width, depth, heads, hidden, patch));
    }
    if (image < patch || image % patch != 0) {
      throw new PolicyException(
          "SigLIP: wanted a picture of whole patches of " + patch + " pixels, got " + image);
    }
  }

  public TokenGrid grid() {
    return new TokenGrid(image / patch, image / patch, patch, patch);
  }
}
