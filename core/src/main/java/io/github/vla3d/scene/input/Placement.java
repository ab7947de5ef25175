package io.github.vla3d.scene.input;

import io.github.vla3d.geometry.ViewGeometry;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.nn.Trace;

/**
 * Where the views and their tokens are. Of absent views everything is replaced by harmless values:
 * depth 0, identity matrices, points in the middle of the workspace.
 *
 * @param depth F32 [B, V, H, W], 0 in absent views and where nothing was measured
 * @param intrinsics F32 [B, V, 3, 3]
 * @param cameraFromWorld F32 [B, V, 4, 4]
 * @param present BOOL [B, V]
 * @param viewIds I64 [B, V]: the number of each view's name
 * @param points F32 [B, N, 3] of the tokens in the robot's base frame, in the order view, row,
 *     column
 * @param relative F32 [B, N, 3]: the same relative to the centre of the workspace, as they enter
 *     networks
 * @param hasDepth BOOL [B, N]: whether a token's point was measured; without, it lies on the
 *     token's ray at zMax
 * @param key BOOL [B, N]: whether a token may be read: its view is there and it is no padding
 */
public record Placement(
    Tensor depth,
    Tensor intrinsics,
    Tensor cameraFromWorld,
    Tensor present,
    Tensor viewIds,
    Tensor points,
    Tensor relative,
    Tensor hasDepth,
    Tensor key) {

  /** Reads depth and cameras; shows token.points, token.has_depth and token.key. */
  public static Placement of(SceneInput input, SceneConfig config, Trace trace) {
    return Scope.call(
        scope -> {
          long b = input.batch();
          long n = input.count();
          Tensor present = input.present();
          Tensor there = present.unsqueeze(-1).unsqueeze(-1);
          // What is not finite or not above 0 is no depth, wherever it is read.
          Tensor measured = input.depth().gt(0).and(input.depth().isFinite());
          Tensor depth = input.depth().maskedFill(measured.and(there).not(), 0);
          DType dtype = depth.dtype();
          Tensor intrinsics = orIdentity(input.intrinsics(), there, 3);
          Tensor cameraFromWorld = orIdentity(input.cameraFromWorld(), there, 4);
          ViewGeometry.Tokens tokens =
              ViewGeometry.tokenPoints(
                  withoutPadding(depth, input),
                  intrinsics,
                  cameraFromWorld,
                  input.rows(),
                  input.columns(),
                  config.views().zMax());
          Tensor inPresent =
              there.expand(b, input.views(), input.rows(), input.columns()).reshape(b, n);
          Tensor key = inPresent.and(input.padding().reshape(b, n).not());
          Tensor centre = centre(config, dtype, input);
          Tensor points = Tensors.where(inPresent.unsqueeze(-1), tokens.points(), centre);
          Tensor hasDepth = tokens.hasDepth().and(key);
          trace.see("token.points", points);
          trace.see("token.has_depth", hasDepth);
          trace.see("token.key", key);
          return new Placement(
              scope.keep(depth),
              scope.keep(intrinsics),
              scope.keep(cameraFromWorld),
              present,
              input.viewIds(),
              scope.keep(points),
              scope.keep(points.sub(centre)),
              scope.keep(hasDepth),
              scope.keep(key));
        });
  }

  /** [3] the middle of the workspace, of the type and on the device of the input's depth. */
  public static Tensor centre(SceneConfig config, DType dtype, SceneInput input) {
    return Tensors.of(config.workspace().centre(), 3).to(dtype).to(input.depth().device());
  }

  private static Tensor orIdentity(Tensor matrices, Tensor there, long n) {
    return Tensors.where(there, matrices, Tensors.eye(n, matrices.dtype(), matrices.device()));
  }

  /** Depth 0 in the patches of tokens that are padding. */
  private static Tensor withoutPadding(Tensor depth, SceneInput input) {
    Tensor pixels =
        input
            .padding()
            .repeatInterleave(input.pictureHeight() / input.rows(), 2)
            .repeatInterleave(input.pictureWidth() / input.columns(), 3);
    return depth.maskedFill(pixels, 0);
  }
}
