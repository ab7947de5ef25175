package io.github.vla3d.tabletop.render;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Decides which triangle is seen at each point of a grid, by the scan line. Along a shared edge
 * both triangles get the same numbers, so that no point is missed or drawn twice.
 */
final class Rasterizer {
  final int width;
  final int height;
  final float[] nearest;
  final int[] triangle;

  /** Where triangles were drawn since this was cleared. */
  final Spans drawn;

  private final @Nullable ScreenTriangles shown;

  // One stretch of each row that is covered, and how near what covers it is at least: long
  // stretches behind it need not be drawn.
  private static final int LONG = 16;
  private final Spans covered;
  private final double[] cover;

  /**
   * Points of the grid are at integers, 0 to width - 1 and 0 to height - 1.
   *
   * @param shown the triangles whose numbers are drawn; null to keep alone how near they are
   */
  Rasterizer(int width, int height, @Nullable ScreenTriangles shown) {
    this.width = width;
    this.height = height;
    this.shown = shown;
    this.nearest = new float[width * height];
    this.triangle = new int[shown != null ? width * height : 0];
    this.drawn = new Spans(height);
    this.covered = new Spans(height);
    this.cover = new double[height];
  }

  void clear() {
    Arrays.fill(nearest, 0);
    Arrays.fill(triangle, -1);
    drawn.clear();
    covered.clear();
  }

  /** Takes back what was drawn since an earlier state was kept. */
  void restore(float[] nearestThen, int[] triangleThen) {
    drawn.copy(nearestThen, nearest, width);
    if (shown != null) {
      drawn.copy(triangleThen, triangle, width);
    }
    drawn.clear();
    covered.clear();
  }

  /**
   * Draws a triangle where it is nearer than what is there: where {@code a x + b y + c} is larger.
   * Of what is equally near the item that comes first in the scene is seen, whatever the order of
   * drawing.
   *
   * @param number written where it is seen
   */
  void fill(
      double x0,
      double y0,
      double x1,
      double y1,
      double x2,
      double y2,
      double a,
      double b,
      double c,
      int number) {
    if (y1 < y0 || (y1 == y0 && x1 < x0)) {
      double t = x0;
      x0 = x1;
      x1 = t;
      t = y0;
      y0 = y1;
      y1 = t;
    }
    if (y2 < y1 || (y2 == y1 && x2 < x1)) {
      double t = x1;
      x1 = x2;
      x2 = t;
      t = y1;
      y1 = y2;
      y2 = t;
      if (y1 < y0 || (y1 == y0 && x1 < x0)) {
        t = x0;
        x0 = x1;
        x1 = t;
        t = y0;
        y0 = y1;
        y1 = t;
      }
    }
    int top = (int) Math.max(0, Math.ceil(y0));
    int end = (int) Math.min(height, Math.ceil(y2));
    if (top >= end) {
      return;
    }
    double longSlope = (x2 - x0) / (y2 - y0);
    double upperSlope = (x1 - x0) / (y1 - y0);
    double lowerSlope = (x2 - x1) / (y2 - y1);
    boolean middleRight = (x1 - x0) * (y2 - y0) > (x2 - x0) * (y1 - y0);
    int item = shown == null ? 0 : shown.item[number];
    for (int y = top; y < end; y++) {
      double longX = x0 + (y - y0) * longSlope;
      double shortX = y < y1 ? x0 + (y - y0) * upperSlope : x1 + (y - y1) * lowerSlope;
      double leftX = middleRight ? longX : shortX;
      double rightX = middleRight ? shortX : longX;
      int left = leftX <= 0 ? 0 : (int) Math.ceil(leftX);
      int right = rightX >= width ? width : (int) Math.ceil(rightX);
      if (left >= right) {
        continue;
      }
      drawn.add(y, left, right);
      int i = y * width + left;
      int last = y * width + right;
      double near = a * left + b * y + c;
      if (right - left >= LONG && hidden(y, left, right, near, near + a * (right - 1 - left))) {
        continue;
      }
      if (shown == null) {
        for (; i < last; i++, near += a) {
          nearest[i] = Math.max(nearest[i], (float) near);
        }
        continue;
      }
      for (; i < last; i++, near += a) {
        float f = (float) near;
        if (f > nearest[i]) {
          nearest[i] = f;
          triangle[i] = number;
        } else if (f == nearest[i] && triangle[i] >= 0 && item < shown.item[triangle[i]]) {
          triangle[i] = number;
        }
      }
    }
  }

  /** Whether a stretch lies behind what covers its row; otherwise it may cover the row itself. */
  private boolean hidden(int y, int left, int right, double near, double nearAtEnd) {
    // The margins are many times the rounding along a row.
    double most = Math.max(near, nearAtEnd) * (1 + 1e-6);
    double least = Math.min(near, nearAtEnd) * (1 - 1e-6);
    int from = covered.from[y];
    int to = covered.to[y];
    if (left >= from && right <= to && most < cover[y]) {
      return true;
    }
    if (left <= to && right >= from && least > 0.7 * cover[y]) {
      covered.add(y, left, right);
      cover[y] = Math.min(cover[y], least);
    } else if (right - left > to - from) {
      covered.from[y] = left;
      covered.to[y] = right;
      cover[y] = least;
    }
    return false;
  }
}
