/**
 * PointAttN (Wang et al., arXiv 2203.08485), a frozen network that makes a partial cloud whole. It
 * stands in the core because a configuration may ask for it at inference; {@code agent} plugs it
 * into the scene module, and labelling uses it offline.
 */
@NullMarked
package io.github.vla3d.perception.pointattn;

import org.jspecify.annotations.NullMarked;
