package io.github.vla3d.tabletop.render;

import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Surfaces with their places, and the light. Not for several threads while it changes. */
public final class Scene {
  /** A surface somewhere. */
  static final class Item {
    final Mesh mesh;
    final Material material;
    final int id;
    final boolean shadow;
    final double[] rotation = new double[9];
    final double[] translation = new double[3];

    /** Grows when it goes to another place. */
    int moves;

    Item(Mesh mesh, Material material, int id, boolean shadow) {
      this.mesh = mesh;
      this.material = material;
      this.id = id;
      this.shadow = shadow;
    }
  }

  final List<Item> items = new ArrayList<>();
  private Light light;
  private Colour background;

  public Scene(Light light, Colour background) {
    this.light = light;
    this.background = background;
  }

  /**
   * Adds a surface and says its number.
   *
   * @param id instance, 1 to 255
   * @param shadow whether it throws one
   */
  public int add(
      Mesh mesh, Material material, int id, boolean shadow, RigidTransform worldFromItem) {
    if (id < 1 || id > 255) {
      throw new IllegalArgumentException("scene: wanted an id of 1 to 255, got " + id);
    }
    items.add(new Item(mesh, material, id, shadow));
    move(items.size() - 1, worldFromItem);
    return items.size() - 1;
  }

  public void move(int item, RigidTransform worldFromItem) {
    Item moved = items.get(item);
    double[] rotation = worldFromItem.rotation();
    Vector3 t = worldFromItem.translation();
    if (Arrays.equals(rotation, moved.rotation)
        && t.x() == moved.translation[0]
        && t.y() == moved.translation[1]
        && t.z() == moved.translation[2]) {
      return;
    }
    moved.moves++;
    System.arraycopy(rotation, 0, moved.rotation, 0, 9);
    moved.translation[0] = t.x();
    moved.translation[1] = t.y();
    moved.translation[2] = t.z();
  }

  public Light light() {
    return light;
  }

  public void light(Light changed) {
    this.light = changed;
  }

  Colour background() {
    return background;
  }

  public void background(Colour changed) {
    this.background = changed;
  }
}
