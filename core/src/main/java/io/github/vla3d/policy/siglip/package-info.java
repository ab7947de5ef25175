/**
 * The vision tower SigLIP (Zhai et al., arXiv 2303.15343), as PaliGemma uses it: patches, a
 * pre-norm transformer, no pooling.
 */
@NullMarked
package io.github.vla3d.policy.siglip;

import org.jspecify.annotations.NullMarked;
