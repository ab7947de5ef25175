package io.github.vla3d.scene.input;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Tensor;
import java.util.Arrays;

/**
 * What the method sees of a batch of scenes. B samples, V views, tokens of h rows and w columns,
 * pictures of H x W pixels, C channels. All coordinates are metres in the robot's base frame.
 *
 * <p>An absent view carries whatever finite numbers: they are never read.
 *
 * @param tokens floating [B, V, h, w, C]: features of the tower, as the policy's language model
 *     reads them
 * @param depth F32 [B, V, H, W]: planar z in metres, aligned to the picture that the tower sees;
 *     none where it is 0, negative or not finite
 * @param intrinsics F32 [B, V, 3, 3] of that picture, with every image transform in them
 * @param cameraFromWorld F32 [B, V, 4, 4], world being the robot's base frame
 * @param present BOOL [B, V]: which views a sample has
 * @param padding BOOL [B, V, h, w]: tokens that lie wholly in letterbox padding
 * @param viewIds I64 [B, V]: the number of each view's name, below V_max
 * @param endEffector F32 [B, A, 3]: tool centre points, left arm first
 */
public record SceneInput(
    Tensor tokens,
    Tensor depth,
    Tensor intrinsics,
    Tensor cameraFromWorld,
    Tensor present,
    Tensor padding,
    Tensor viewIds,
    Tensor endEffector) {
  public SceneInput {
    if (tokens.dim() != 5 || !tokens.dtype().isFloating()) {
      throw new SceneException("view tokens: wanted floating [B, V, h, w, C], got " + tokens);
    }
    long b = tokens.size(0);
    long v = tokens.size(1);
    long h = tokens.size(2);
    long w = tokens.size(3);
    if (h % 2 != 0 || w % 2 != 0) {
      throw new SceneException(
          "view tokens: wanted even numbers of rows and columns, got " + h + " x " + w);
    }
    check("depth", depth, true, b, v, -1, -1);
    check("intrinsics", intrinsics, true, b, v, 3, 3);
    check("cameraFromWorld", cameraFromWorld, true, b, v, 4, 4);
    check("view presence", present, false, b, v);
    check("letterbox padding", padding, false, b, v, h, w);
    check("end-effector", endEffector, true, b, -1, 3);
    if (!Arrays.equals(viewIds.shape(), new long[] {b, v}) || viewIds.dtype() != DType.I64) {
      throw new SceneException("view ids: wanted I64 [%d, %d], got %s".formatted(b, v, viewIds));
    }
    if (depth.size(2) % h != 0 || depth.size(3) % w != 0) {
      throw new SceneException(
          "depth: wanted a picture in whole patches of %d x %d tokens, got %d x %d pixels"
              .formatted(h, w, depth.size(2), depth.size(3)));
    }
  }

  private static void check(String name, Tensor tensor, boolean floating, long... wanted) {
    boolean fits =
        tensor.dim() == wanted.length
            && (floating ? tensor.dtype().isFloating() : tensor.dtype() == DType.BOOL);
    for (int i = 0; fits && i < wanted.length; i++) {
      fits = wanted[i] < 0 ? tensor.size(i) > 0 : tensor.size(i) == wanted[i];
    }
    if (!fits) {
      throw new SceneException(
          "%s: wanted %s %s, got %s"
              .formatted(
                  name,
                  floating ? "floating" : "BOOL",
                  Arrays.toString(wanted).replace("-1", "any"),
                  tensor));
    }
  }

  public long batch() {
    return tokens.size(0);
  }

  public long views() {
    return tokens.size(1);
  }

  /** h. */
  public long rows() {
    return tokens.size(2);
  }

  /** w. */
  public long columns() {
    return tokens.size(3);
  }

  /** N = V h w. */
  public long count() {
    return views() * rows() * columns();
  }

  /** H. */
  public long pictureHeight() {
    return depth.size(2);
  }

  /** W. */
  public long pictureWidth() {
    return depth.size(3);
  }
}
