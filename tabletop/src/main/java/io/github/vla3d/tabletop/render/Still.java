package io.github.vla3d.tabletop.render;

import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.Intrinsics;
import java.util.Arrays;

/**
 * What a camera that stays has seen before: the triangles of what rests, and each pixel. A pixel is
 * taken again only if all that it was made from is the same, so pictures are the same bits with and
 * without.
 */
final class Still {
  final Camera camera;
  final ScreenTriangles triangles = new ScreenTriangles();
  final Rasterizer raster;
  final Picture picture;
  final Resting resting = new Resting();
  private final Scene scene;
  private final Light light;
  private final Colour background;

  // What rests, drawn alone.
  private final float[] nearest;
  private final int[] triangle;
  private int count;

  /** Where the picture may show other triangles than the one before. */
  private final Spans changed;

  // Of each pixel: the triangle that was shaded last, where it lies on the shadow map, and what
  // came of it.
  private final int[] item;
  private final int[] meshTriangle;
  private final int[] version;
  private final double[] place;
  private final float[] colour;

  // Where pixels looked on the shadow map, (row << 16 | column): all their centres, then two other
  // surfaces. Two rows that the map has not stand for never and always.
  private static final int LOOKS = 3;
  private static final int NEVER = ShadowMap.SIZE << 16;
  private static final int ALWAYS = (ShadowMap.SIZE + 1) << 16;
  private final int[] looks;
  private final int pixels;

  // First and behind the last row of the shadow map that has changed.
  private int firstRow;
  private int endRow;
  private final Spans changedLooks = new Spans(ShadowMap.SIZE);
  private long shadowVersion = -1;

  Still(Camera camera, Scene scene) {
    this.camera = camera;
    this.scene = scene;
    this.light = scene.light();
    this.background = scene.background();
    Intrinsics k = camera.intrinsics();
    this.raster = new Rasterizer(2 * k.width() + 1, 2 * k.height() + 1, triangles);
    this.changed = new Spans(raster.height);
    this.nearest = new float[raster.nearest.length];
    this.triangle = new int[raster.triangle.length];
    this.picture = Picture.blank(k.width(), k.height());
    this.pixels = k.width() * k.height();
    this.item = new int[pixels];
    this.meshTriangle = new int[pixels];
    this.version = new int[pixels];
    this.place = new double[3 * pixels];
    this.colour = new float[4 * pixels];
    this.looks = new int[LOOKS * pixels];
    Arrays.fill(item, -1);
  }

  boolean fits(Camera asked, Scene now) {
    return now == scene
        && now.light().equals(light)
        && now.background().equals(background)
        && asked.equals(camera);
  }

  /**
   * Begins a picture.
   *
   * @return whether what rests is on it already; otherwise it is to be drawn and kept first
   */
  boolean begin() {
    changed.clear();
    if (resting.update(scene)) {
      changed.addAll(raster.drawn);
      raster.restore(nearest, triangle);
      triangles.count = count;
      return true;
    }
    raster.clear();
    triangles.count = 0;
    return false;
  }

  /** Keeps what is drawn so far: all that rests. */
  void keep() {
    count = triangles.count;
    System.arraycopy(raster.nearest, 0, nearest, 0, nearest.length);
    System.arraycopy(raster.triangle, 0, triangle, 0, triangle.length);
    changed.fill(raster.width);
    raster.drawn.clear();
  }

  /** Finds out what has changed, when all is drawn. */
  void compare(ShadowMap shadows) {
    changed.addAll(raster.drawn);
    changedLooks.clear();
    if (shadows.version != shadowVersion + 1) {
      changedLooks.fill(ShadowMap.SIZE);
      firstRow = 0;
      endRow = ShadowMap.SIZE;
    } else {
      firstRow = ShadowMap.SIZE;
      endRow = 0;
      // A look takes four points: this one and those to the right of it and below.
      for (int row = 0; row < ShadowMap.SIZE; row++) {
        int from = shadows.changed.from[row];
        int to = shadows.changed.to[row];
        if (from < to) {
          changedLooks.add(row, from - 1, to);
          changedLooks.add(Math.max(0, row - 1), from - 1, to);
          firstRow = Math.min(firstRow, Math.max(0, row - 1));
          endRow = row + 1;
        }
      }
    }
    shadowVersion = shadows.version;
  }

  /** First pixel of a row that may see other triangles than before. */
  int firstChanged(int y) {
    int from = Math.min(changed.from[2 * y], changed.from[2 * y + 1]);
    from = Math.min(from, changed.from[2 * y + 2]);
    return Math.max(0, (from - 1) / 2);
  }

  /** Behind the last pixel of a row that may see other triangles than before. */
  int endChanged(int y) {
    int to = Math.max(changed.to[2 * y], changed.to[2 * y + 1]);
    return (Math.max(to, changed.to[2 * y + 2]) + 1) / 2;
  }

  /** Whether a pixel whose triangles are the same has to be painted again for its light. */
  boolean lightChanged(int pixel, ShadowMap shadows) {
    int last = looks[2 * pixels + pixel];
    if (lookChanged(looks[pixels + pixel]) || lookChanged(last) || last == ALWAYS) {
      return true;
    }
    return lookChanged(looks[pixel]) && share(pixel, shadows) != colour[4 * pixel + 3];
  }

  /** Share of the lamp that the place of the point that was shaded last sees now. */
  private float share(int pixel, ShadowMap shadows) {
    int p = 3 * pixel;
    double u = place[p];
    return Double.isNaN(u) ? 0 : shadows.lit(u, place[p + 1], place[p + 2]);
  }

  private boolean lookChanged(int look) {
    int row = look >> 16;
    if (row < firstRow || row >= endRow) {
      return false;
    }
    int column = look & 0xffff;
    return column >= changedLooks.from[row] && column < changedLooks.to[row];
  }

  private static int look(double u, double v) {
    return ShadowMap.covers(u, v) ? (int) v << 16 | (int) u : NEVER;
  }

  /** The colour of a pixel's centre into the shader, made anew only where it has to be. */
  void shade(Shader shader, ShadowMap shadows, int t, int pixel, int x, int y) {
    looks[pixels + pixel] = NEVER;
    looks[2 * pixels + pixel] = NEVER;
    if (t < 0) {
      shader.shade(t, x, y);
      looks[pixel] = NEVER;
      return;
    }
    int number = triangles.item[t];
    Scene.Item thing = scene.items.get(number);
    int p = 3 * pixel;
    int c = 4 * pixel;
    if (item[pixel] == number
        && meshTriangle[pixel] == triangles.meshTriangle[t]
        && version[pixel] == thing.moves
        && share(pixel, shadows) == colour[c + 3]) {
      shader.red = colour[c];
      shader.green = colour[c + 1];
      shader.blue = colour[c + 2];
      looks[pixel] = look(place[p], place[p + 1]);
      return;
    }
    shader.shade(t, x, y);
    looks[pixel] = look(shader.onMapU, shader.onMapV);
    item[pixel] = number;
    meshTriangle[pixel] = triangles.meshTriangle[t];
    version[pixel] = thing.moves;
    place[p] = shader.onMapU;
    place[p + 1] = shader.onMapV;
    place[p + 2] = shader.onMapDepth;
    colour[c] = shader.red;
    colour[c + 1] = shader.green;
    colour[c + 2] = shader.blue;
    colour[c + 3] = shader.share;
  }

  /** Remembers where the shader has looked for another surface of the pixel, the first being 0. */
  void alsoLooked(int pixel, int surface, Shader shader) {
    int last = Math.min(surface + 1, LOOKS - 1);
    looks[last * pixels + pixel] =
        surface + 1 == last ? look(shader.onMapU, shader.onMapV) : ALWAYS;
  }
}
