package io.github.vla3d.tabletop.physics;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorldTest {
  private static final Vector3 LOW = new Vector3(-0.5, -0.5, 0.01);
  private static final Vector3 HIGH = new Vector3(0.5, 0.5, 0.6);

  private static Solid table() {
    return new Solid(
        List.of(Part.box(new Vector3(0, 0, -0.1), new Vector3(0.5, 0.5, 0.1))), 0, 0.8);
  }

  private static Solid thing(String name) {
    return switch (name) {
      case "box" ->
          new Solid(
              List.of(Part.box(new Vector3(0, 0, 0.02), new Vector3(0.02, 0.02, 0.02))), 0.1, 0.8);
      case "can" -> new Solid(Solid.cylinder(0.033, 0, 0.1, 6), 0.25, 0.8);
      case "bottle" -> new Solid(Solid.cylinder(0.015, 0, 0.2, 6), 0.3, 0.8);
      case "bowl" -> {
        var parts = new java.util.ArrayList<>(Solid.wall(0.035, 0.065, 0, 0.05, 0.006, 12));
        parts.addAll(Solid.cylinder(0.035, 0, 0.006, 3));
        yield new Solid(parts, 0.15, 0.8);
      }
      default -> throw new IllegalArgumentException(name);
    };
  }

  private static World world(String name) {
    double side = name.equals("bowl") ? 0.061 : 0;
    World world = World.take(Rotations.aboutX(Math.PI, new Vector3(0, side, 0.3)), LOW, HIGH);
    world.add(table(), RigidTransform.identity());
    world.add(thing(name), RigidTransform.identity());
    return world;
  }

  private static void go(World world, int steps, double x, double y, double z, double grip) {
    for (int i = 0; i < steps; i++) {
      world.step(new double[] {x, y, z, 0, 0, 0, grip});
    }
  }

  private static void reach(World world, double height, double grip) {
    for (int i = 0; i < 60; i++) {
      double dz = (height - world.worldFromHand().translation().z()) / 0.05;
      world.step(new double[] {0, 0, Math.max(-1, Math.min(1, dz)), 0, 0, 0, grip});
    }
  }

  /** Lift, shake, hold: what is grasped stays where it is in the hand. */
  @ParameterizedTest
  @ValueSource(strings = {"box", "can", "bottle", "bowl"})
  void holdsWhatItGrasps(String name) {
    World world = world(name);
    double height =
        switch (name) {
          case "box" -> 0.02;
          case "can" -> 0.085;
          case "bottle" -> 0.17;
          default -> 0.045;
        };
    reach(world, height, -1);
    go(world, 15, 0, 0, 0, 1);
    reach(world, 0.3, 1);
    int thing = 4;
    RigidTransform before = world.worldFromHand().inverse().compose(world.pose(thing));
    assertThat(world.pose(thing).translation().z()).isGreaterThan(0.1);
    for (int i = 0; i < 3; i++) {
      go(world, 5, 0, 1, 0, 1);
      go(world, 5, 0, -1, 0, 1);
      go(world, 5, 1, 0, 0, 1);
      go(world, 5, -1, 0, 0, 1);
    }
    go(world, 100, 0, 0, 0, 1);
    RigidTransform after = world.worldFromHand().inverse().compose(world.pose(thing));
    assertThat(before.near(after, 0.008, 0.1)).as("%s then %s", before, after).isTrue();
    assertThat(world.held(thing)).isTrue();
  }

  @Test
  void goesOnWithTheSameBitsFromASavedState() {
    World world = world("bowl");
    reach(world, 0.045, -1);
    go(world, 10, 0, 0, 0, 1);
    World.State state = world.save();
    go(world, 20, 0.1, 0.2, 1, 1);
    World.State end = world.save();
    world.restore(state);
    assertThat(world.save()).isEqualTo(state);
    go(world, 20, 0.1, 0.2, 1, 1);
    assertThat(world.save()).isEqualTo(end);
    World other = world("bowl");
    other.restore(state);
    go(other, 20, 0.1, 0.2, 1, 1);
    assertThat(other.save()).isEqualTo(end);
  }
}
