package io.github.vla3d.tabletop;

import io.github.vla3d.tabletop.render.Colour;
import io.github.vla3d.tabletop.render.Texture;

/** Textures of the room and of labels. */
final class Patterns {
  private Patterns() {}

  /** Boards with grain. */
  static Texture wood(int light, int dark, double metres) {
    Colour a = Colour.screen(light);
    Colour b = Colour.screen(dark);
    return new Texture(
        256,
        metres,
        metres,
        (u, v) -> {
          int board = (int) (v * 4);
          double shift = 17.3 * board;
          double grain =
              0.6 * noise(4 * u + shift, 60 * v, 4, 60) + 0.4 * noise(8 * u + shift, 24 * v, 8, 24);
          double rings = 0.5 + 0.5 * StrictMath.sin(2 * Math.PI * (3 * v + 0.4 * grain));
          double seam = 4 * v - board < 0.03 ? 0.7 : 1;
          double tone = 0.12 * (board * 0.618 - Math.floor(board * 0.618));
          return a.mixed(b, Math.min(1, 0.5 * grain + 0.25 * rings + tone)).times(seam);
        });
  }

  /** Square tiles with joints. */
  static Texture tiles(int light, int dark, int joint, double metres) {
    Colour a = Colour.screen(light);
    Colour b = Colour.screen(dark);
    Colour line = Colour.screen(joint);
    return new Texture(
        128,
        metres,
        metres,
        (u, v) -> {
          int cell = ((int) (2 * u) + (int) (2 * v)) & 1;
          double x = 2 * u - Math.floor(2 * u);
          double y = 2 * v - Math.floor(2 * v);
          if (Math.min(x, y) < 0.03 || Math.max(x, y) > 0.97) {
            return line;
          }
          return (cell == 0 ? a : b).times(0.94 + 0.12 * noise(8 * u, 8 * v, 8, 8));
        });
  }

  /** Plaster, cloth or stone: one colour with clouds. */
  static Texture clouds(int colour, double depth, double metres) {
    Colour a = Colour.screen(colour);
    return new Texture(
        128,
        metres,
        metres,
        (u, v) ->
            a.times(
                1
                    - depth
                        * (0.6 * noise(4 * u, 4 * v, 4, 4) + 0.4 * noise(16 * u, 16 * v, 16, 16))));
  }

  /** Stripes along v. */
  static Texture stripes(int one, int other, int count, double metres) {
    Colour a = Colour.screen(one);
    Colour b = Colour.screen(other);
    return new Texture(128, metres, metres, (u, v) -> ((int) (2 * count * u) & 1) == 0 ? a : b);
  }

  /** Bricks in a bond. */
  static Texture bricks(int stone, int joint, double metres) {
    Colour a = Colour.screen(stone);
    Colour line = Colour.screen(joint);
    return new Texture(
        128,
        metres,
        metres,
        (u, v) -> {
          int row = (int) (8 * v);
          double x = 4 * u + 0.5 * (row & 1);
          double fx = x - Math.floor(x);
          double fy = 8 * v - row;
          if (fx < 0.06 || fy < 0.12) {
            return line;
          }
          int brick = ((int) x & 3) + 4 * row;
          return a.times(0.8 + 0.35 * hash(brick, 7));
        });
  }

  /** Weave of a basket. */
  static Texture weave(int light, int dark, double metres) {
    Colour a = Colour.screen(light);
    Colour b = Colour.screen(dark);
    return new Texture(
        64,
        metres,
        metres,
        (u, v) -> {
          int column = (int) (4 * u);
          int row = (int) (4 * v);
          boolean over = ((column + row) & 1) == 0;
          double x = over ? 4 * u - column : 4 * v - row;
          double bulge = StrictMath.sin(Math.PI * x);
          return b.mixed(a, 0.25 + 0.75 * bulge);
        });
  }

  /**
   * The label of a can or bottle: once round, once from bottom to top.
   *
   * @param paper of the label
   * @param band across its middle
   * @param metal above and below the label
   * @param height that the surface's v covers, metres
   */
  static Texture label(int paper, int band, int mark, int metal, double height) {
    Colour a = Colour.screen(paper);
    Colour b = Colour.screen(band);
    Colour c = Colour.screen(mark);
    Colour m = Colour.screen(metal);
    return new Texture(
        128,
        1,
        height,
        (u, v) -> {
          if (v < 0.08 || v > 0.92) {
            return m;
          }
          double x = 2 * u - Math.floor(2 * u) - 0.5;
          double y = (v - 0.5) * 1.6;
          double spot = 4 * x * x + y * y;
          if (spot < 0.09) {
            return spot < 0.05 ? c : b;
          }
          return v > 0.3 && v < 0.42 || v > 0.6 && v < 0.66 ? b : a;
        });
  }

  /** The front of a carton: a frame, a bar and a disc. */
  static Texture carton(int paper, int band, int mark, double length, double width) {
    Colour a = Colour.screen(paper);
    Colour b = Colour.screen(band);
    Colour c = Colour.screen(mark);
    return new Texture(
        64,
        length,
        width,
        (u, v) -> {
          if (v > 0.62 && v < 0.82) {
            return b;
          }
          double x = (u - 0.3) * 1.4;
          double y = v - 0.34;
          if (x * x + y * y < 0.035) {
            return c;
          }
          return u > 0.52 && u < 0.9 && (v > 0.2 && v < 0.28 || v > 0.38 && v < 0.44) ? b : a;
        });
  }

  /** Smooth noise in [0, 1) that repeats after the given numbers of cells. */
  private static double noise(double x, double y, int perX, int perY) {
    int i = (int) Math.floor(x);
    int j = (int) Math.floor(y);
    double fx = x - i;
    double fy = y - j;
    fx = fx * fx * (3 - 2 * fx);
    fy = fy * fy * (3 - 2 * fy);
    double a = hash(Math.floorMod(i, perX), Math.floorMod(j, perY));
    double b = hash(Math.floorMod(i + 1, perX), Math.floorMod(j, perY));
    double c = hash(Math.floorMod(i, perX), Math.floorMod(j + 1, perY));
    double d = hash(Math.floorMod(i + 1, perX), Math.floorMod(j + 1, perY));
    return a + fx * (b - a) + fy * (c + fx * (d - c) - (a + fx * (b - a)));
  }

  private static double hash(int x, int y) {
    int h = x * 0x27d4eb2d + y * 0x165667b1;
    h = (h ^ (h >>> 15)) * 0x85ebca6b;
    h = (h ^ (h >>> 13)) * 0xc2b2ae35;
    return ((h ^ (h >>> 16)) & 0xffffff) / (double) 0x1000000;
  }
}
