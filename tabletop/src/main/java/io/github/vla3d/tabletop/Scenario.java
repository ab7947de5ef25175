package io.github.vla3d.tabletop;

import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.tabletop.physics.Rotations;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What a {@link Variant} begins with.
 *
 * @param joints the arm's first angles
 * @param camera of the scene
 */
record Scenario(
    Variant variant,
    Task task,
    String instruction,
    List<Thing> things,
    double[] joints,
    Look look,
    SceneCamera camera) {
  /** Nothing begins beyond these places. */
  private static final Vector3 LOWEST = new Vector3(-0.2, -0.34, 0);

  private static final Vector3 HIGHEST = new Vector3(0.12, 0.34, 0);
  private static final double GAP = 0.02;
  private static final int TRIES = 400;

  /** Kinds of things that may be added. */
  static final List<String> EXTRAS =
      List.of(
          "corn can",
          "tuna can",
          "water bottle",
          "ketchup bottle",
          "pudding box",
          "tea box",
          "yellow block",
          "white bowl",
          "butter");

  /** The label of an added thing. */
  static String extra(String kind) {
    return "extra_" + kind.replace(' ', '_');
  }

  static Scenario of(Variant variant) {
    Task task = Tasks.get(variant.task());
    Map<String, Thing> things = new LinkedHashMap<>();
    for (Slot slot : task.slots()) {
      things.put(slot.label(), nominal(variant, slot, things));
    }
    if (variant.is(Dimension.LAYOUT, "moved")) {
      move(variant, task, things);
    }
    if (variant.is(Dimension.LAYOUT, "added")) {
      extend(variant, things);
    }
    Look look = Look.NOMINAL;
    if (variant.is(Dimension.LIGHT)) {
      look = look.withLight(variant.severity(), variant.dice("light"));
    }
    if (variant.is(Dimension.BACKGROUND)) {
      look = look.withBackground(variant.severity(), variant.dice("background"));
    }
    Dice words = variant.nominalDice("words");
    String instruction = task.instructions().get(words.below(task.instructions().size()));
    if (variant.is(Dimension.LANGUAGE)) {
      instruction = Phrases.reworded(task, variant.severity(), variant.dice("language"));
    }
    return new Scenario(
        variant,
        task,
        instruction,
        List.copyOf(things.values()),
        joints(variant),
        look,
        SceneCamera.of(variant));
  }

  private static Thing nominal(Variant variant, Slot slot, Map<String, Thing> before) {
    Dice dice = variant.nominalDice("place/" + slot.label());
    double x = slot.x() + dice.uniform(-slot.room(), slot.room());
    double y = slot.y() + dice.uniform(-slot.room(), slot.room());
    double yaw = slot.yaw() + dice.uniform(-slot.swing(), slot.swing());
    Prop prop = Props.get(slot.kind());
    int id = Ids.of(slot.label());
    String carrier = slot.on();
    if (carrier == null) {
      RigidTransform pose = Rotations.aboutZ(yaw, new Vector3(x, y, Stage.TABLE_TOP));
      return new Thing(slot.label(), prop, id, pose, null, 0);
    }
    RigidTransform base = Objects.requireNonNull(before.get(carrier)).worldFromThing();
    Vector3 place =
        Props.drawerPlace(slot.label().startsWith("lower") ? 0 : 1)
            .plus(new Vector3(0, -slot.open(), 0));
    return new Thing(
        slot.label(),
        prop,
        id,
        base.compose(RigidTransform.translation(place)),
        carrier,
        slot.open());
  }

  /**
   * Moves what is free: each thing on its own way, or all together where words tell how they lie.
   */
  private static void move(Variant variant, Task task, Map<String, Thing> things) {
    Dice dice = variant.dice("moved");
    boolean together = task.suite().equals("spatial");
    double length = 0.02 * variant.severity();
    for (int attempt = 0; attempt < TRIES; attempt++) {
      // Where there is no room for the whole way, a shorter one.
      double way = length * (1 - 0.9 * attempt / TRIES);
      Map<String, Thing> moved = new LinkedHashMap<>(things);
      double angle = dice.uniform(0, 2 * Math.PI);
      for (Thing thing : things.values()) {
        if (isFixed(thing)) {
          continue;
        }
        double direction = together ? angle : dice.uniform(0, 2 * Math.PI);
        double share = together ? 1 : dice.uniform(0.5, 1);
        Vector3 shift =
            new Vector3(
                share * way * StrictMath.cos(direction),
                share * way * StrictMath.sin(direction),
                0);
        RigidTransform pose =
            RigidTransform.of(
                thing.worldFromThing().rotation(),
                thing.worldFromThing().translation().plus(shift));
        moved.put(thing.label(), new Thing(thing.label(), thing.prop(), thing.id(), pose, null, 0));
      }
      if (isFree(moved)) {
        things.putAll(moved);
        return;
      }
    }
  }

  private static void extend(Variant variant, Map<String, Thing> things) {
    Dice dice = variant.dice("added");
    List<String> kinds = new ArrayList<>(EXTRAS);
    things.values().forEach(thing -> kinds.remove(thing.prop().kind()));
    for (int i = 0; i < variant.severity(); i++) {
      Prop prop = Props.get(kinds.remove(dice.below(kinds.size())));
      String label = extra(prop.kind());
      for (int attempt = 0; attempt < TRIES; attempt++) {
        Vector3 place =
            new Vector3(
                dice.uniform(LOWEST.x(), HIGHEST.x() + 0.06),
                dice.uniform(LOWEST.y(), HIGHEST.y()),
                Stage.TABLE_TOP);
        RigidTransform pose = Rotations.aboutZ(dice.uniform(-0.5, 0.5), place);
        Thing thing = new Thing(label, prop, Ids.of(label), pose, null, 0);
        things.put(label, thing);
        if (isClear(thing, things, 0.035)) {
          break;
        }
        things.remove(label);
      }
    }
  }

  static boolean isFixed(Thing thing) {
    return thing.prop().solid().mass() == 0 || thing.slidesOn() != null;
  }

  private static boolean isFree(Map<String, Thing> things) {
    for (Thing thing : things.values()) {
      if (!isFixed(thing)) {
        Vector3 t = thing.worldFromThing().translation();
        if (t.x() < LOWEST.x()
            || t.x() > HIGHEST.x()
            || t.y() < LOWEST.y()
            || t.y() > HIGHEST.y()
            || !isClear(thing, things, GAP)) {
          return false;
        }
      }
    }
    return true;
  }

  private static boolean isClear(Thing thing, Map<String, Thing> things, double gap) {
    for (Thing other : things.values()) {
      if (other == thing) {
        continue;
      }
      double room = gap + thing.prop().radius() + other.prop().radius();
      Vector3 a = thing.worldFromThing().translation();
      Vector3 b = other.worldFromThing().translation();
      if (other.slidesOn() != null) {
        // An open drawer reaches out; where it may be opened there must be room as well.
        b = other.worldFromThing().apply(new Vector3(0, -0.1, 0));
        room = gap + thing.prop().radius() + 0.11;
      }
      double dx = a.x() - b.x();
      double dy = a.y() - b.y();
      if (dx * dx + dy * dy < room * room) {
        return false;
      }
    }
    return true;
  }

  /** The first joint angles; perturbed by a step of a set length in joint space. */
  private static double[] joints(Variant variant) {
    double[] home = Arm.HOME.clone();
    if (!variant.is(Dimension.ROBOT)) {
      return home;
    }
    Dice dice = variant.dice("robot");
    double length = 0.1 * variant.severity();
    for (int attempt = 0; attempt < TRIES; attempt++) {
      double[] step = new double[home.length];
      double norm = 0;
      for (int i = 0; i < step.length; i++) {
        step[i] = dice.normal();
        norm += step[i] * step[i];
      }
      double[] q = home.clone();
      for (int i = 0; i < q.length; i++) {
        q[i] += length * step[i] / Math.sqrt(norm);
      }
      Vector3 hand = Arm.worldFromHand(q).translation();
      // High enough above whatever stands there.
      if (hand.z() > Stage.TABLE_TOP + 0.2 && Math.abs(hand.y()) < 0.35 && hand.x() < 0.1) {
        return q;
      }
    }
    return home;
  }
}
