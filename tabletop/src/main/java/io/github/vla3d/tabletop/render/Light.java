package io.github.vla3d.tabletop.render;

import io.github.vla3d.geometry.Vector3;

/**
 * A lamp far away, and light from all around.
 *
 * @param toLamp unit vector towards the lamp, in the world
 * @param lamp its light on a surface that faces it
 * @param sky light from above
 * @param ground light from below
 */
public record Light(Vector3 toLamp, Colour lamp, Colour sky, Colour ground) {
  public Light {
    toLamp = toLamp.normalized();
    if (!(toLamp.z() > 0.1)) {
      throw new IllegalArgumentException("light: wanted a lamp above, got " + toLamp);
    }
  }
}
