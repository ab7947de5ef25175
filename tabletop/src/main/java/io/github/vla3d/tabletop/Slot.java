package io.github.vla3d.tabletop;

import org.jspecify.annotations.Nullable;

/**
 * Where a thing begins: a place with room about it.
 *
 * @param label unique in its task; ends up in recordings as the object's name
 * @param kind see {@link Props}
 * @param x in the world, metres
 * @param y in the world, metres
 * @param room largest way from there along x and y
 * @param yaw about z, radians
 * @param swing largest turn from there
 * @param on label of a thing that carries or holds it; x and y are then from that thing's middle
 * @param open how far a drawer is out, metres
 */
public record Slot(
    String label,
    String kind,
    double x,
    double y,
    double room,
    double yaw,
    double swing,
    @Nullable String on,
    double open) {

  static Slot at(String label, String kind, double x, double y, double room) {
    return new Slot(label, kind, x, y, room, 0, 0.5, null, 0);
  }

  Slot facing(double newYaw, double newSwing) {
    return new Slot(label, kind, x, y, room, newYaw, newSwing, on, open);
  }

  Slot on(String carrier) {
    return new Slot(label, kind, x, y, room, yaw, swing, carrier, open);
  }

  Slot open(double way) {
    return new Slot(label, kind, x, y, room, yaw, swing, on, way);
  }
}
