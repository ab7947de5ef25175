package io.github.vla3d.geometry;

import java.util.Arrays;

/**
 * The world coordinates of a view's tokens, in the order row, column: what {@link
 * ViewGeometry#tokenPoints} computes for batches, here in fp64 for one view.
 *
 * @param points x, y, z of each token
 * @param hasDepth whether its patch holds any valid depth; if not, its point lies at zMax
 */
@SuppressWarnings("ArrayRecordComponent") // plain carriers, made and read once
public record TokenPoints(double[] points, boolean[] hasDepth) {
  /**
   * Lower median of the valid depth (0 < z <= zMax) of each patch, at the centre of the patch.
   *
   * @param rows of the token grid, a divisor of the picture's height
   * @param columns of the token grid, a divisor of the picture's width
   * @throws GeometryException if the depth does not belong to the camera or does not divide
   */
  public static TokenPoints of(
      DepthImage depth, Camera camera, int rows, int columns, double zMax) {
    Intrinsics k = camera.intrinsics();
    if (depth.width() != k.width() || depth.height() != k.height()) {
      throw new GeometryException(
          "depth: wanted the picture's "
              + k.width()
              + "x"
              + k.height()
              + ", got "
              + depth.width()
              + "x"
              + depth.height());
    }
    if (depth.width() % columns != 0 || depth.height() % rows != 0) {
      throw new GeometryException(
          "token grid: "
              + columns
              + "x"
              + rows
              + " does not divide "
              + depth.width()
              + "x"
              + depth.height());
    }
    int patchWidth = depth.width() / columns;
    int patchHeight = depth.height() / rows;
    double[] points = new double[3 * rows * columns];
    boolean[] hasDepth = new boolean[rows * columns];
    float[] valid = new float[patchWidth * patchHeight];
    for (int token = 0; token < hasDepth.length; token++) {
      int left = token % columns * patchWidth;
      int top = token / columns * patchHeight;
      int n = 0;
      for (int i = 0; i < valid.length; i++) {
        float z = depth.at(left + i % patchWidth, top + i / patchWidth);
        if (z > 0 && z <= zMax) {
          valid[n++] = z;
        }
      }
      Arrays.sort(valid, 0, n);
      hasDepth[token] = n > 0;
      Vector3 point =
          camera.unproject(
              new Pixel(left + patchWidth / 2.0, top + patchHeight / 2.0),
              n > 0 ? valid[(n - 1) / 2] : zMax);
      points[3 * token] = point.x();
      points[3 * token + 1] = point.y();
      points[3 * token + 2] = point.z();
    }
    return new TokenPoints(points, hasDepth);
  }
}
