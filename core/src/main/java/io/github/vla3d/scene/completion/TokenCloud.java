package io.github.vla3d.scene.completion;

import java.util.Arrays;

/**
 * The tokens of one sample on the host, in the order view, row, column.
 *
 * @param rows of a view
 * @param columns of a view
 * @param points x, y, z of each
 * @param hasDepth whether the point was measured
 * @param key whether the token is there to be read
 */
@SuppressWarnings("ArrayRecordComponent") // a plain carrier, made and read once
record TokenCloud(int rows, int columns, float[] points, boolean[] hasDepth, boolean[] key) {
  int size() {
    return hasDepth.length;
  }

  int views() {
    return size() / (rows * columns);
  }

  /** Places in a view of its tokens with depth, ascending: a new array. */
  int[] measured(int view) {
    int cells = rows * columns;
    int[] places = new int[cells];
    int n = 0;
    for (int i = 0; i < cells; i++) {
      if (hasDepth[view * cells + i]) {
        places[n++] = i;
      }
    }
    return Arrays.copyOf(places, n);
  }

  /** Whether a token with depth of another view, not masked, lies within the distance. */
  boolean isSeenElsewhere(int token, boolean[] masked, double distance) {
    int cells = rows * columns;
    int view = token / cells;
    for (int i = 0; i < size(); i++) {
      if (i / cells == view || masked[i] || !hasDepth[i] || !key[i]) {
        continue;
      }
      double dx = (double) points[3 * i] - points[3 * token];
      double dy = (double) points[3 * i + 1] - points[3 * token + 1];
      double dz = (double) points[3 * i + 2] - points[3 * token + 2];
      if (dx * dx + dy * dy + dz * dz <= distance * distance) {
        return true;
      }
    }
    return false;
  }
}
