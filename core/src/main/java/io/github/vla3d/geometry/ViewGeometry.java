package io.github.vla3d.geometry;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.util.Arrays;
import java.util.List;

/**
 * Projection, back-projection and token coordinates for batches of views, in fp32 and
 * differentiable. B batch, V views, N points; intrinsics F32 [B, V, 3, 3] with last row 0 0 1,
 * cameraFromWorld F32 [B, V, 4, 4]. The small products are sums of elementwise products on purpose:
 * a matmul may be rounded to TF32, and coordinates may not.
 */
public final class ViewGeometry {
  private ViewGeometry() {}

  /**
   * @param pixels F32 [B, V, N, 2], u and v in pixels
   * @param depth F32 [B, V, N], planar z in metres, not clamped
   */
  public record Projected(Tensor pixels, Tensor depth) {}

  /**
   * @param points F32 [B, V * h * w, 3] in the world, in the order view, row, column
   * @param hasDepth BOOL [B, V * h * w]
   */
  public record Tokens(Tensor points, Tensor hasDepth) {}

  /** The intrinsics of each view as F32 [V, 3, 3] on the CPU. */
  public static Tensor intrinsics(List<Camera> cameras) {
    return matrices(cameras.stream().map(c -> c.intrinsics().matrix()).toList(), 3);
  }

  /** The inverse pose of each view as F32 [V, 4, 4] on the CPU. */
  public static Tensor cameraFromWorld(List<Camera> cameras) {
    return matrices(cameras.stream().map(c -> c.cameraFromWorld().toRowMajor()).toList(), 4);
  }

  private static Tensor matrices(List<double[]> matrices, int n) {
    float[] values = new float[matrices.size() * n * n];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) matrices.get(i / (n * n))[i % (n * n)];
    }
    return Tensors.of(values, matrices.size(), n, n);
  }

  /**
   * Eq. (2) up to its normalisation: q = K (R p + t), intrinsics first, then (q.x, q.y) / max(q.z,
   * eps).
   *
   * @param points F32 [B, N, 3] in the world
   * @param eps smallest z to divide by, metres
   * @throws GeometryException if a shape does not fit
   */
  public static Projected project(
      Tensor points, Tensor intrinsics, Tensor cameraFromWorld, double eps) {
    long b = intrinsics.size(0);
    long v = intrinsics.size(1);
    long n = points.dim() == 3 ? points.size(1) : -1;
    check("points", points, b, n, 3);
    check("intrinsics", intrinsics, b, v, 3, 3);
    check("cameraFromWorld", cameraFromWorld, b, v, 4, 4);
    return Scope.call(
        scope -> {
          Tensor r = cameraFromWorld.narrow(2, 0, 3).narrow(3, 0, 3);
          Tensor t = cameraFromWorld.narrow(2, 0, 3).narrow(3, 3, 1).squeeze(-1).unsqueeze(2);
          Tensor q = apply(intrinsics, apply(r, points.unsqueeze(1)).add(t));
          Tensor depth = q.select(-1, 2);
          return new Projected(
              scope.keep(q.narrow(-1, 0, 2).div(depth.clampMin(eps).unsqueeze(-1))),
              scope.keep(depth));
        });
  }

  /**
   * The world points of pixels: R^T (z K^-1 (u, v, 1) - t).
   *
   * @param pixels F32 [B, V, N, 2], or a shape that broadcasts to it
   * @param depth F32 [B, V, N], planar z in metres
   * @return F32 [B, V, N, 3]
   * @throws GeometryException if a shape does not fit
   */
  public static Tensor unproject(
      Tensor pixels, Tensor depth, Tensor intrinsics, Tensor cameraFromWorld) {
    long b = intrinsics.size(0);
    long v = intrinsics.size(1);
    check("intrinsics", intrinsics, b, v, 3, 3);
    check("cameraFromWorld", cameraFromWorld, b, v, 4, 4);
    check("depth", depth, b, v, depth.dim() == 3 ? depth.size(2) : -1);
    return Scope.tensor(
        () -> {
          Tensor du = pixels.select(-1, 0).sub(entry(intrinsics, 0, 2));
          Tensor dv = pixels.select(-1, 1).sub(entry(intrinsics, 1, 2));
          Tensor a = entry(intrinsics, 0, 0);
          Tensor skew = entry(intrinsics, 0, 1);
          Tensor c = entry(intrinsics, 1, 0);
          Tensor d = entry(intrinsics, 1, 1);
          Tensor determinant = a.mul(d).sub(skew.mul(c));
          Tensor x = d.mul(du).sub(skew.mul(dv)).div(determinant);
          Tensor y = a.mul(dv).sub(c.mul(du)).div(determinant);
          Tensor camera = Tensors.stack(-1, x.mul(depth), y.mul(depth), depth);
          Tensor r = cameraFromWorld.narrow(2, 0, 3).narrow(3, 0, 3);
          Tensor t = cameraFromWorld.narrow(2, 0, 3).narrow(3, 3, 1).squeeze(-1).unsqueeze(2);
          return apply(r.transpose(2, 3), camera.sub(t));
        });
  }

  /**
   * The world coordinate of every token: its patch's lower median of valid depth, at the centre of
   * the patch. Valid is finite and in (0, zMax]; a token without any takes zMax.
   *
   * @param depth F32 [B, V, H, W], planar z in metres
   * @param rows h of the token grid, a divisor of H
   * @param columns w of the token grid, a divisor of W
   * @throws GeometryException if a shape does not fit
   */
  public static Tokens tokenPoints(
      Tensor depth,
      Tensor intrinsics,
      Tensor cameraFromWorld,
      long rows,
      long columns,
      double zMax) {
    long b = intrinsics.size(0);
    long v = intrinsics.size(1);
    if (depth.dim() != 4 || depth.size(2) % rows != 0 || depth.size(3) % columns != 0) {
      throw new GeometryException(
          "depth: wanted [B, V, H, W] in whole patches of a "
              + rows
              + "x"
              + columns
              + " grid, got "
              + depth);
    }
    long patchHeight = depth.size(2) / rows;
    long patchWidth = depth.size(3) / columns;
    return Scope.call(
        scope -> {
          Tensor valid = depth.isFinite().and(depth.gt(0)).and(depth.le(zMax));
          Tensor sorted =
              depth
                  .maskedFill(valid.not(), Double.POSITIVE_INFINITY)
                  .reshape(b, v, rows, patchHeight, columns, patchWidth)
                  .permute(0, 1, 2, 4, 3, 5)
                  .reshape(b, v, rows * columns, patchHeight * patchWidth)
                  .sort(-1, false)
                  .values();
          Tensor count = sorted.isFinite().to(DType.I64).sum(true, -1);
          Tensor lower = count.sub(1).clampMin(0).to(DType.F64).mul(0.5).floor().to(DType.I64);
          Tensor hasDepth = count.gt(0).squeeze(-1);
          Tensor z = sorted.gather(-1, lower).squeeze(-1).maskedFill(hasDepth.not(), zMax);
          Tensor points =
              unproject(
                  patchCentres(rows, columns, patchHeight, patchWidth, depth.device()),
                  z,
                  intrinsics,
                  cameraFromWorld);
          return new Tokens(
              scope.keep(points.reshape(b, v * rows * columns, 3)),
              scope.keep(hasDepth.reshape(b, v * rows * columns)));
        });
  }

  private static Tensor patchCentres(
      long rows, long columns, long patchHeight, long patchWidth, Device device) {
    float[] centres = new float[Math.toIntExact(2 * rows * columns)];
    for (int i = 0; i < rows * columns; i++) {
      centres[2 * i] = (i % columns + 0.5f) * patchWidth;
      centres[2 * i + 1] = (i / columns + 0.5f) * patchHeight;
    }
    return Tensors.of(centres, rows * columns, 2).to(device);
  }

  /** [B, V, 3, 3] times [B, V or 1, N, 3]. */
  private static Tensor apply(Tensor matrix, Tensor x) {
    return matrix.unsqueeze(2).mul(x.unsqueeze(3)).sum(false, -1);
  }

  /** [B, V, 1]. */
  private static Tensor entry(Tensor matrix, int row, int column) {
    return matrix.narrow(2, row, 1).select(3, column);
  }

  private static void check(String name, Tensor tensor, long... wanted) {
    if (!Arrays.equals(tensor.shape(), wanted)) {
      throw new GeometryException(
          name + ": wanted " + Arrays.toString(wanted).replace("-1", "N") + ", got " + tensor);
    }
  }
}
