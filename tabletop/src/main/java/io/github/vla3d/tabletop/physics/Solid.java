package io.github.vla3d.tabletop.physics;

import io.github.vla3d.geometry.Vector3;
import java.util.ArrayList;
import java.util.List;

/**
 * What a body is made of. Boxes only: contacts between boxes are found exactly and grasps of round
 * things hold, which they do not with Bullet's own cylinders (docs/tabletop.md).
 *
 * @param parts in the solid's frame
 * @param mass kilograms; 0 for what never moves
 * @param friction coefficient; that of a contact is the product of the two
 */
public record Solid(List<Part> parts, double mass, double friction) {
  /**
   * @throws IllegalArgumentException without parts, or if mass or friction are below 0
   */
  public Solid {
    parts = List.copyOf(parts);
    if (parts.isEmpty() || !(mass >= 0) || !(friction >= 0)) {
      throw new IllegalArgumentException(
          "solid: wanted parts, mass and friction of at least 0, got %d parts, %s kg, %s"
              .formatted(parts.size(), mass, friction));
    }
  }

  /** Mean of the parts' centres, weighted with their volumes. */
  Vector3 centreOfMass() {
    double volume = 0;
    Vector3 sum = Vector3.ZERO;
    for (Part part : parts) {
      volume += part.volume();
      sum = sum.plus(part.solidFromPart().translation().times(part.volume()));
    }
    return sum.times(1 / volume);
  }

  /** Boxes through the axis z whose outline is a polygon of {@code 2 * boxes} corners. */
  public static List<Part> cylinder(double radius, double bottom, double top, int boxes) {
    List<Part> parts = new ArrayList<>();
    double corner = Math.PI / (2 * boxes);
    for (int i = 0; i < boxes; i++) {
      parts.add(
          new Part(
              Rotations.aboutZ(Math.PI * i / boxes, new Vector3(0, 0, (bottom + top) / 2)),
              new Vector3(
                  radius * StrictMath.cos(corner),
                  radius * StrictMath.sin(corner),
                  (top - bottom) / 2)));
    }
    return parts;
  }

  /**
   * A wall around the axis z, upright or opening upwards: the outline of a bowl, cup or plate.
   *
   * @param lower radius of its outer face at the bottom
   * @param upper the same at the top
   */
  public static List<Part> wall(
      double lower, double upper, double bottom, double top, double thickness, int boxes) {
    List<Part> parts = new ArrayList<>();
    double rise = top - bottom;
    double slant = StrictMath.sqrt(rise * rise + (upper - lower) * (upper - lower));
    double tilt = StrictMath.atan2(upper - lower, rise);
    double middle = (lower + upper) / 2 - thickness / 2 * StrictMath.cos(tilt);
    for (int i = 0; i < boxes; i++) {
      Vector3 centre = new Vector3(middle, 0, (bottom + top) / 2);
      parts.add(
          new Part(
              Rotations.aboutZ(2 * Math.PI * i / boxes, Vector3.ZERO)
                  .compose(Rotations.aboutY(tilt, centre)),
              new Vector3(
                  thickness / 2,
                  StrictMath.max(lower, upper) * StrictMath.tan(Math.PI / boxes),
                  slant / 2)));
    }
    return parts;
  }

  /** Four walls and a floor, open at the top; outer edges, standing on z = 0. */
  public static List<Part> openBox(double length, double width, double height, double thickness) {
    double t = thickness / 2;
    return List.of(
        Part.box(new Vector3(0, 0, t), new Vector3(length / 2, width / 2, t)),
        Part.box(new Vector3(length / 2 - t, 0, height / 2), new Vector3(t, width / 2, height / 2)),
        Part.box(new Vector3(t - length / 2, 0, height / 2), new Vector3(t, width / 2, height / 2)),
        Part.box(new Vector3(0, width / 2 - t, height / 2), new Vector3(length / 2, t, height / 2)),
        Part.box(
            new Vector3(0, t - width / 2, height / 2), new Vector3(length / 2, t, height / 2)));
  }
}
