package io.github.vla3d.tabletop.render;

import java.util.Arrays;

/** The triangles of one picture. */
final class ScreenTriangles {
  /** Numbers a triangle: three planes. */
  static final int PLANES = 9;

  int count;
  int[] item = new int[4096];
  int[] meshTriangle = new int[4096];

  /** Item and group: where it changes, the picture has an edge. */
  int[] surface = new int[4096];

  /**
   * Three planes over the grid, a x + b y + c: the i-th is the weight of corner i, divided by z.
   * Their sum is 1 / z.
   */
  double[] planes = new double[4096 * PLANES];

  int add(int itemNumber, int triangle, int surfaceKey) {
    if (count == item.length) {
      item = Arrays.copyOf(item, 2 * count);
      meshTriangle = Arrays.copyOf(meshTriangle, 2 * count);
      surface = Arrays.copyOf(surface, 2 * count);
      planes = Arrays.copyOf(planes, 2 * count * PLANES);
    }
    item[count] = itemNumber;
    meshTriangle[count] = triangle;
    surface[count] = surfaceKey;
    return count++;
  }

  /** One over the depth of a triangle's plane at a point of the grid. */
  double inverseDepth(int t, int x, int y) {
    int o = t * PLANES;
    return (planes[o] + planes[o + 3] + planes[o + 6]) * x
        + (planes[o + 1] + planes[o + 4] + planes[o + 7]) * y
        + (planes[o + 2] + planes[o + 5] + planes[o + 8]);
  }
}
