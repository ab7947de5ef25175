package io.github.vla3d.tabletop;

import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.tabletop.physics.Solid;
import java.util.List;

/**
 * A kind of thing: its body, its looks, and how it is taken. Its origin is at the middle of its
 * foot.
 *
 * @param lowest corner of the box about its surfaces
 * @param highest the opposite corner
 * @param inside half the clear width of what it can hold, 0 if nothing; for plates the flat part
 * @param floor height of the surface that carries what is put in or on it
 */
record Prop(
    String kind,
    Solid solid,
    List<Surface> surfaces,
    Vector3 lowest,
    Vector3 highest,
    Grip grip,
    double inside,
    double floor) {

  static Prop of(
      String kind, Solid solid, List<Surface> surfaces, Grip grip, double inside, double floor) {
    double[] low = {1e9, 1e9, 1e9};
    double[] high = {-1e9, -1e9, -1e9};
    for (Surface surface : surfaces) {
      for (int t = 0; t < surface.mesh().size(); t++) {
        for (int c = 0; c < 3; c++) {
          double[] p = surface.mesh().corner(t, c);
          for (int i = 0; i < 3; i++) {
            low[i] = Math.min(low[i], p[i]);
            high[i] = Math.max(high[i], p[i]);
          }
        }
      }
    }
    return new Prop(
        kind,
        solid,
        List.copyOf(surfaces),
        new Vector3(low[0], low[1], low[2]),
        new Vector3(high[0], high[1], high[2]),
        grip,
        inside,
        floor);
  }

  double height() {
    return highest.z();
  }

  /** Of the circle about its outline, for placing. */
  double radius() {
    double x = Math.max(-lowest.x(), highest.x());
    double y = Math.max(-lowest.y(), highest.y());
    // Round things fill their circle, not the corners of its box.
    boolean round = grip.kind() == Grip.Kind.ROUND || grip.kind() == Grip.Kind.RIM;
    return round ? Math.max(x, y) : Math.sqrt(x * x + y * y);
  }
}
