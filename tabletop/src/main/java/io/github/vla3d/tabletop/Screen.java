package io.github.vla3d.tabletop;

import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.tabletop.physics.Part;
import io.github.vla3d.tabletop.physics.Rotations;
import io.github.vla3d.tabletop.physics.Solid;
import io.github.vla3d.tabletop.render.Material;
import io.github.vla3d.tabletop.render.Meshes;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * A board that stands between the scene camera and a target.
 *
 * @param hidden share of the target's pixels that it takes away, as measured
 */
record Screen(Prop prop, RigidTransform worldFromScreen, double hidden) {
  /** Size of the pictures in which the hidden share is counted, pixels. */
  static final int MEASURE = 512;

  private static final double THICKNESS = 0.006;
  private static final double NEAREST = 0.1;
  private static final double FURTHER = 0.01;
  private static final int STEPS = 12;
  private static final double MARGIN = 0.03;
  private static final double[] SHARES = {0.3, 0.5, 0.7, 0.9};

  /** The share that a severity of 1 to 4 stands for. */
  static double share(int severity) {
    return SHARES[severity - 1];
  }

  /**
   * Finds the height at which a board hides the wanted share.
   *
   * @param target where the target is
   * @param measure the share that a board hides
   */
  static Screen hiding(
      Scenario scenario, RigidTransform target, Prop prop, ToDoubleFunction<Screen> measure) {
    double wanted = share(scenario.variant().severity());
    Vector3 at = target.translation();
    Vector3 eye = scenario.camera().worldFromCamera().translation();
    double heading = StrictMath.atan2(eye.y() - at.y(), eye.x() - at.x());
    double width = prop.radius() + 0.02;
    Vector3 foot = foot(scenario, prop, at, heading, width);
    double low = 0.005;
    double high = 0.6;
    Screen best = null;
    for (int i = 0; i < 12; i++) {
      double height = (low + high) / 2;
      Screen tried = standing(foot, heading, width, height);
      double hidden = measure.applyAsDouble(tried);
      if (best == null || Math.abs(hidden - wanted) < Math.abs(best.hidden - wanted)) {
        best = new Screen(tried.prop, tried.worldFromScreen, hidden);
      }
      if (hidden < wanted) {
        low = height;
      } else {
        high = height;
      }
    }
    return java.util.Objects.requireNonNull(best);
  }

  /** The nearest place on the way to the camera that has room for the fingers and the board. */
  private static Vector3 foot(
      Scenario scenario, Prop prop, Vector3 target, double heading, double width) {
    double c = StrictMath.cos(heading);
    double s = StrictMath.sin(heading);
    Vector3 best = target;
    double most = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < STEPS; i++) {
      double gap = prop.radius() + NEAREST + i * FURTHER;
      Vector3 foot = new Vector3(target.x() + gap * c, target.y() + gap * s, Stage.TABLE_TOP);
      double room = room(scenario, prop, foot, c, s, width);
      if (room > 0) {
        return foot;
      }
      if (room > most) {
        most = room;
        best = foot;
      }
    }
    return best;
  }

  /** How far a board stays from all things but its target, less a margin. */
  private static double room(
      Scenario scenario, Prop target, Vector3 foot, double c, double s, double width) {
    double least = 1;
    for (Thing thing : scenario.things()) {
      if (thing.prop() == target) {
        continue;
      }
      Vector3 t = thing.worldFromThing().translation();
      double across = (t.x() - foot.x()) * c + (t.y() - foot.y()) * s;
      double along = Math.abs((t.y() - foot.y()) * c - (t.x() - foot.x()) * s);
      double aside = Math.max(0, along - width);
      least =
          Math.min(
              least, Math.sqrt(across * across + aside * aside) - thing.prop().radius() - MARGIN);
    }
    return least;
  }

  private static Screen standing(Vector3 foot, double heading, double width, double height) {
    Vector3 half = new Vector3(THICKNESS / 2, width, height / 2);
    Vector3 centre = new Vector3(0, 0, height / 2);
    Prop prop =
        Prop.of(
            "screen",
            new Solid(List.of(Part.box(centre, half)), 0, 0.5),
            List.of(
                new Surface(
                    Meshes.moved(Meshes.box(half), RigidTransform.translation(centre)),
                    Material.textured(Patterns.clouds(0xB98A57, 0.25, 0.15), 0))),
            Grip.NONE,
            0,
            height);
    return new Screen(prop, Rotations.aboutZ(heading, foot), 0);
  }
}
