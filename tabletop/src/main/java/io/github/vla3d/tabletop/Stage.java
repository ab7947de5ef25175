package io.github.vla3d.tabletop;

import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.tabletop.physics.Rotations;
import io.github.vla3d.tabletop.physics.World;
import io.github.vla3d.tabletop.render.Colour;
import io.github.vla3d.tabletop.render.Material;
import io.github.vla3d.tabletop.render.Meshes;
import io.github.vla3d.tabletop.render.Scene;
import java.util.ArrayList;
import java.util.List;

/** The pictures' side of a world: room, robot and things as surfaces that follow the bodies. */
final class Stage {
  static final double TABLE_TOP = 0.9;

  /** Half the edges of the table's top. */
  static final Vector3 TABLE = new Vector3(0.55, 0.7, 0.025);

  static final Vector3 TABLE_CENTRE = new Vector3(-0.2, 0, TABLE_TOP - 0.025);

  /** Middle of what throws shadows. */
  static final Vector3 MIDDLE = new Vector3(-0.2, 0, TABLE_TOP);

  private final Scene scene;
  private final List<int[]> links = new ArrayList<>();
  private final int[] hand;
  private final int[] left;
  private final int[] right;
  private final List<int[]> things = new ArrayList<>();
  private final List<Integer> bodies = new ArrayList<>();

  Stage(Look look) {
    scene = new Scene(look.light(), Colour.screen(0x9AA0A6));
    room(look);
    RigidTransform base = RigidTransform.translation(Arm.BASE);
    add(RobotSkin.base(), Ids.ARM, base);
    for (int i = 0; i < 7; i++) {
      links.add(add(RobotSkin.link(i), Ids.ARM, base));
    }
    hand = add(RobotSkin.hand(), Ids.GRIPPER, base);
    left = add(RobotSkin.finger(1), Ids.GRIPPER, base);
    right = add(RobotSkin.finger(-1), Ids.GRIPPER, base);
  }

  private void room(Look look) {
    add(
        List.of(new Surface(Meshes.box(TABLE), look.table())),
        Ids.TABLE,
        RigidTransform.translation(TABLE_CENTRE),
        false);
    Material leg = Material.plain(0x55585C, 0.2);
    for (int i = 0; i < 4; i++) {
      Vector3 half = new Vector3(0.03, 0.03, (TABLE_TOP - 0.05) / 2);
      Vector3 place =
          new Vector3(
              TABLE_CENTRE.x() + (i < 2 ? -0.48 : 0.48),
              i % 2 == 0 ? -0.62 : 0.62,
              (TABLE_TOP - 0.05) / 2);
      add(
          List.of(new Surface(Meshes.box(half), leg)),
          Ids.TABLE,
          RigidTransform.translation(place),
          false);
    }
    add(
        List.of(new Surface(Meshes.sheet(8, 8), look.floor())),
        Ids.FLOOR,
        RigidTransform.identity(),
        false);
    // Four walls that look inwards.
    for (int i = 0; i < 4; i++) {
      RigidTransform wall =
          Rotations.aboutZ(Math.PI / 2 * i, Vector3.ZERO)
              .compose(Rotations.aboutY(Math.PI / 2, new Vector3(-2.2, 0, 2)))
              .compose(Rotations.aboutZ(Math.PI / 2, Vector3.ZERO));
      add(List.of(new Surface(Meshes.sheet(8, 4), look.wall())), Ids.WALL, wall, false);
    }
  }

  private int[] add(List<Surface> surfaces, int id, RigidTransform pose) {
    return add(surfaces, id, pose, true);
  }

  private int[] add(List<Surface> surfaces, int id, RigidTransform pose, boolean shadow) {
    int[] items = new int[surfaces.size()];
    for (int i = 0; i < items.length; i++) {
      Surface surface = surfaces.get(i);
      items[i] = scene.add(surface.mesh(), surface.material(), id, shadow, pose);
    }
    return items;
  }

  /** Adds a thing that follows a body. */
  void add(Prop prop, int body, int id) {
    things.add(add(prop.surfaces(), id, RigidTransform.identity()));
    bodies.add(body);
  }

  /** Adds a thing that stays. */
  void fix(Prop prop, RigidTransform pose, int id) {
    add(prop.surfaces(), id, pose);
  }

  Scene scene() {
    return scene;
  }

  /** Brings every surface to where its body is now. */
  void follow(World world, double[] joints) {
    RigidTransform[] frames = Arm.frames(joints);
    for (int i = 0; i < links.size(); i++) {
      move(links.get(i), frames[i]);
    }
    move(hand, world.pose(0));
    move(left, world.pose(1));
    move(right, world.pose(2));
    for (int i = 0; i < things.size(); i++) {
      move(things.get(i), world.pose(bodies.get(i)));
    }
  }

  private void move(int[] items, RigidTransform pose) {
    for (int item : items) {
      scene.move(item, pose);
    }
  }
}
