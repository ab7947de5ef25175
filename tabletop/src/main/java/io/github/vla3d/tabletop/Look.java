package io.github.vla3d.tabletop;

import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.tabletop.render.Colour;
import io.github.vla3d.tabletop.render.Light;
import io.github.vla3d.tabletop.render.Material;
import io.github.vla3d.tabletop.render.Texture;
import java.util.function.Supplier;

/**
 * How the room looks: materials of table, floor and walls, and the light.
 *
 * @param table of its top
 * @param floor around it
 * @param wall behind it
 * @param light in the room
 */
record Look(Material table, Material floor, Material wall, Light light) {
  /** The room of episodes without a perturbation. */
  static final Look NOMINAL =
      new Look(
          wooden(0xC9A77C, 0x9C7447),
          Material.textured(Patterns.tiles(0x8D9196, 0x81858B, 0x6A6D72, 0.8), 0.05),
          Material.textured(Patterns.clouds(0xD9D6CC, 0.12, 1.2), 0),
          light(new Vector3(0.35, -0.45, 1), 2.1, 0.95, 0));

  private static Material wooden(int light, int dark) {
    return Material.textured(Patterns.wood(light, dark, 0.7), 0.12);
  }

  /** Tables that training never shows, from ones like it to ones unlike it. */
  private static final Supplier<?>[] TABLES = {
    () -> wooden(0xB98F62, 0x85603A),
    () -> wooden(0xD9C3A0, 0xB59C74),
    () -> wooden(0x7A5236, 0x4F3322),
    () -> Material.textured(Patterns.clouds(0xB9BCBB, 0.25, 0.5), 0.15),
    () -> Material.textured(Patterns.clouds(0x5E7F6A, 0.2, 0.3), 0),
    () -> Material.textured(Patterns.stripes(0xCFC3A6, 0x8C9BA5, 4, 0.4), 0),
    () -> Material.textured(Patterns.tiles(0xE4E0D6, 0x9FB4C4, 0x767C82, 0.2), 0.2),
    () -> Material.textured(Patterns.weave(0xB58A52, 0x7A5A30, 0.06), 0),
    () -> Material.textured(Patterns.tiles(0xE9E6DE, 0x2E2F33, 0xE9E6DE, 0.16), 0.2),
    () -> Material.textured(Patterns.stripes(0xB33A33, 0xF0E8D8, 6, 0.3), 0),
  };

  private static final Supplier<?>[] WALLS = {
    () -> Material.textured(Patterns.clouds(0xC9CDC4, 0.12, 1.2), 0),
    () -> Material.textured(Patterns.clouds(0xB8C7D1, 0.15, 1.0), 0),
    () -> Material.textured(Patterns.clouds(0xD8B98F, 0.2, 0.8), 0),
    () -> Material.textured(Patterns.bricks(0xB9AFA3, 0x8D857C, 0.8), 0),
    () -> Material.textured(Patterns.clouds(0x4F6B6A, 0.2, 0.8), 0),
    () -> Material.textured(Patterns.stripes(0xD6CDBB, 0xA9B5A0, 3, 0.9), 0),
    () -> Material.textured(Patterns.bricks(0xA34F3A, 0xC9BFB2, 0.8), 0),
    () -> Material.textured(Patterns.wood(0x8C6A45, 0x5B4026, 1.4), 0),
    () -> Material.textured(Patterns.stripes(0x31405C, 0xC8B98C, 4, 0.8), 0),
    () -> Material.textured(Patterns.tiles(0xD9D5CA, 0x7A2F36, 0x3A3A3A, 0.5), 0),
  };

  /**
   * @param power of the lamp on what faces it
   * @param around light from everywhere
   * @param warmth -1 for a blue lamp, 1 for a yellow one
   */
  static Light light(Vector3 toLamp, double power, double around, double warmth) {
    Colour white = new Colour(1, 0.97f, 0.92f);
    Colour tint = warmth >= 0 ? new Colour(1, 0.72f, 0.42f) : new Colour(0.5f, 0.68f, 1);
    Colour lamp = white.mixed(tint, Math.abs(warmth)).times(0.3 * power);
    return new Light(
        toLamp,
        lamp,
        new Colour(0.34f, 0.36f, 0.4f).times(around),
        new Colour(0.2f, 0.18f, 0.16f).times(around));
  }

  /** The room with other surfaces; higher severities look less like the nominal one. */
  Look withBackground(int severity, Dice dice) {
    int pick = 2 * (severity - 1) + dice.below(2);
    Material newTable = (Material) TABLES[pick].get();
    // The first two severities change the table alone, as half of LIBERO-Plus does.
    return severity <= 2
        ? new Look(newTable, floor, wall, light)
        : new Look(
            newTable, floor, (Material) WALLS[2 * (severity - 1) + dice.below(2)].get(), light);
  }

  /** The room under another lamp. */
  Look withLight(int severity, Dice dice) {
    double s = severity / 5.0;
    double turn = dice.sign() * dice.uniform(0.5, 1) * s * 2.6 - 0.9;
    double height = 1.75 - 0.95 * s * dice.uniform(0.6, 1);
    Vector3 to = new Vector3(0.57 * StrictMath.cos(turn), 0.57 * StrictMath.sin(turn), height);
    boolean dark = dice.uniform() < 0.5;
    double power = dark ? 2.1 * (1 - 0.75 * s) : 2.1 * (1 + 0.8 * s);
    double around = dark ? 0.95 * (1 - 0.6 * s) : 0.95 * (1 + 0.35 * s);
    double warmth = dice.sign() * s * dice.uniform(0.3, 1);
    return new Look(table, floor, wall, light(to, power, around, warmth));
  }

  /** Touches a texture so that it is made before it is wanted in a hurry. */
  static Texture texture(Material material) {
    return java.util.Objects.requireNonNull(material.texture());
  }
}
