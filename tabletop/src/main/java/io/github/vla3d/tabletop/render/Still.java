package io.github.vla3d.tabletop.render;

import io.github.vla3d.geometry.Camera;
import java.util.Arrays;

/**
 * What a camera that stays has seen before: which triangles of the surfaces that come first in the
 * scene and do not move are where, and the colours of their pixels. A colour is taken again only if
 * all that it was made from is the same, so pictures are the same bits with and without.
 */
final class Still {
  final Camera camera;
  private final Scene scene;
  private final Light light;

  /** The first items of the scene, as many as had not moved between two pictures; -1: not known. */
  int items = -1;

  private int[] moves = new int[0];
  private final ScreenTriangles triangles = new ScreenTriangles();
  private float[] nearest = new float[0];
  private int[] triangle = new int[0];

  // Of each pixel: the triangle that was shaded last, where it lies on the shadow map, and what
  // came
  // of it.
  private final int[] item;
  private final int[] meshTriangle;
  private final int[] version;
  private final double[] place;
  private final float[] colour;

  Still(Camera camera, Scene scene) {
    this.camera = camera;
    this.scene = scene;
    this.light = scene.light();
    int pixels = camera.intrinsics().width() * camera.intrinsics().height();
    this.item = new int[pixels];
    this.meshTriangle = new int[pixels];
    this.version = new int[pixels];
    this.place = new double[3 * pixels];
    this.colour = new float[4 * pixels];
    Arrays.fill(item, -1);
  }

  boolean fits(Camera asked, Scene now) {
    return now == scene && now.light().equals(light) && asked.equals(camera);
  }

  /**
   * Begins a picture from the surfaces that have not moved since the last one.
   *
   * @return how many items are on it
   */
  int begin(ScreenTriangles shown, Rasterizer raster) {
    if (items >= 0 && !moved(items)) {
      shown.take(triangles);
      System.arraycopy(nearest, 0, raster.nearest, 0, nearest.length);
      System.arraycopy(triangle, 0, raster.triangle, 0, triangle.length);
      return items;
    }
    raster.clear();
    shown.count = 0;
    return 0;
  }

  /** Items from the first one that have the places of the last picture; 0 if there was none. */
  int unmoved() {
    int n = 0;
    while (n < Math.min(moves.length, scene.items.size()) && moves[n] == scene.items.get(n).moves) {
      n++;
    }
    return n;
  }

  private boolean moved(int first) {
    return unmoved() < first;
  }

  /** Keeps what is drawn so far. */
  void keep(int count, ScreenTriangles shown, Rasterizer raster) {
    items = count;
    triangles.take(shown);
    nearest = raster.nearest.clone();
    triangle = raster.triangle.clone();
  }

  /** Remembers where the items are. */
  void remember() {
    int n = scene.items.size();
    if (moves.length != n) {
      moves = new int[n];
    }
    for (int i = 0; i < n; i++) {
      moves[i] = scene.items.get(i).moves;
    }
  }

  /** The colour of a pixel's centre into the shader, made anew only where it has to be. */
  void shade(
      Shader shader, ShadowMap shadows, ScreenTriangles shown, int t, int pixel, int x, int y) {
    if (t < 0) {
      shader.shade(t, x, y);
      return;
    }
    int number = shown.item[t];
    Scene.Item thing = scene.items.get(number);
    int p = 3 * pixel;
    int c = 4 * pixel;
    if (item[pixel] == number
        && meshTriangle[pixel] == shown.meshTriangle[t]
        && version[pixel] == thing.moves) {
      double u = place[p];
      float share = Double.isNaN(u) ? 0 : shadows.lit(u, place[p + 1], place[p + 2]);
      if (share == colour[c + 3]) {
        shader.red = colour[c];
        shader.green = colour[c + 1];
        shader.blue = colour[c + 2];
        return;
      }
    }
    shader.shade(t, x, y);
    item[pixel] = number;
    meshTriangle[pixel] = shown.meshTriangle[t];
    version[pixel] = thing.moves;
    place[p] = shader.onMapU;
    place[p + 1] = shader.onMapV;
    place[p + 2] = shader.onMapDepth;
    colour[c] = shader.red;
    colour[c + 1] = shader.green;
    colour[c + 2] = shader.blue;
    colour[c + 3] = shader.share;
  }
}
