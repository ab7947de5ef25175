/**
 * The object-centric 3D instance module (Eq. 2 to 6): probes that look for objects in all views at
 * once, and what they are trained on.
 */
@NullMarked
package io.github.vla3d.scene.instance;

import org.jspecify.annotations.NullMarked;
