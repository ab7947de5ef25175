package io.github.vla3d.tabletop.physics;

import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;

/**
 * A box of a {@link Solid}.
 *
 * @param solidFromPart where it sits
 * @param half half its edges, metres
 */
public record Part(RigidTransform solidFromPart, Vector3 half) {
  /**
   * @throws IllegalArgumentException if an edge is not above 0
   */
  public Part {
    if (!(half.x() > 0 && half.y() > 0 && half.z() > 0)) {
      throw new IllegalArgumentException("part: wanted edges above 0, got halves " + half);
    }
  }

  /** An upright box. */
  public static Part box(Vector3 centre, Vector3 half) {
    return new Part(RigidTransform.translation(centre), half);
  }

  double volume() {
    return 8 * half.x() * half.y() * half.z();
  }
}
