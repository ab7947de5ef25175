package io.github.vla3d.tabletop.render;

import java.util.Arrays;

/** One stretch of points for each row of a grid; empty at first. */
final class Spans {
  /** First point of each row. */
  final int[] from;

  /** Behind the last point of each row; at most {@link #from} where the stretch is empty. */
  final int[] to;

  Spans(int rows) {
    this.from = new int[rows];
    this.to = new int[rows];
    clear();
  }

  void clear() {
    Arrays.fill(from, Integer.MAX_VALUE);
    Arrays.fill(to, 0);
  }

  /** Makes every stretch a whole row of so many points. */
  void fill(int width) {
    Arrays.fill(from, 0);
    Arrays.fill(to, width);
  }

  /** Stretches a row's points to those of another one. */
  void add(int row, int first, int end) {
    if (first < from[row]) {
      from[row] = first;
    }
    if (end > to[row]) {
      to[row] = end;
    }
  }

  void addAll(Spans other) {
    for (int row = 0; row < from.length; row++) {
      add(row, other.from[row], other.to[row]);
    }
  }

  /** Copies the points of these rows between grids of one width. */
  void copy(Object source, Object target, int width) {
    for (int row = 0; row < from.length; row++) {
      int n = to[row] - from[row];
      if (n > 0) {
        int at = row * width + from[row];
        System.arraycopy(source, at, target, at, n);
      }
    }
  }
}
