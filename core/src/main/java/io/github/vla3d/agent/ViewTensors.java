package io.github.vla3d.agent;

import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.ViewGeometry;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The geometry of the pictures that a tower sees, on the CPU, for {@link ViewGeometry}: B samples,
 * V views, pictures of H x W pixels. A view without camera or depth has identities and zeros.
 *
 * @param depth F32 [B, V, H, W], planar metres, 0 where there is none
 * @param intrinsics F32 [B, V, 3, 3] that the picture fits
 * @param depthIntrinsics F32 [B, V, 3, 3] that the depth fits
 * @param cameraFromWorld F32 [B, V, 4, 4]
 * @param hasCamera BOOL [B, V]
 * @param hasDepth BOOL [B, V]
 * @param content I64 [B, V, 4]: left, top, right, bottom of the part that is no border
 */
public record ViewTensors(
    Tensor depth,
    Tensor intrinsics,
    Tensor depthIntrinsics,
    Tensor cameraFromWorld,
    Tensor hasCamera,
    Tensor hasDepth,
    Tensor content) {
  private static final float[] IDENTITY_3 = {1, 0, 0, 0, 1, 0, 0, 0, 1};
  private static final float[] IDENTITY_4 = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};

  /**
   * @param seen of each sample, by the policy's names of cameras
   * @param cameras V names in the wanted order
   */
  static ViewTensors of(
      List<Map<String, SeenView>> seen, List<String> cameras, int height, int width) {
    int b = seen.size();
    int v = cameras.size();
    float[] depths = new float[b * v * height * width];
    boolean[] hasCamera = new boolean[b * v];
    boolean[] hasDepth = new boolean[b * v];
    long[] content = new long[4 * b * v];
    List<Tensor> intrinsics = new ArrayList<>();
    List<Tensor> depthIntrinsics = new ArrayList<>();
    List<Tensor> poses = new ArrayList<>();
    for (int i = 0; i < b * v; i++) {
      @Nullable SeenView view = seen.get(i / v).get(cameras.get(i % v));
      @Nullable Camera camera = view == null ? null : view.camera().orElse(null);
      @Nullable Camera of = view == null ? null : view.depthCamera().orElse(camera);
      @Nullable DepthImage depth = view == null ? null : view.depth().orElse(null);
      hasCamera[i] = camera != null;
      hasDepth[i] = depth != null;
      intrinsics.add(matrix(camera));
      depthIntrinsics.add(matrix(of));
      poses.add(
          camera == null
              ? Tensors.of(IDENTITY_4, 1, 4, 4)
              : ViewGeometry.cameraFromWorld(List.of(camera)));
      if (depth != null) {
        System.arraycopy(depth.toArray(), 0, depths, i * height * width, height * width);
      }
      if (view != null) {
        content[4 * i] = view.content().left();
        content[4 * i + 1] = view.content().top();
        content[4 * i + 2] = view.content().right();
        content[4 * i + 3] = view.content().bottom();
      }
    }
    return new ViewTensors(
        Tensors.of(depths, b, v, height, width),
        Tensors.cat(0, intrinsics).view(b, v, 3, 3),
        Tensors.cat(0, depthIntrinsics).view(b, v, 3, 3),
        Tensors.cat(0, poses).view(b, v, 4, 4),
        Tensors.of(hasCamera, b, v),
        Tensors.of(hasDepth, b, v),
        Tensors.of(content, b, v, 4));
  }

  private static Tensor matrix(@Nullable Camera camera) {
    return camera == null
        ? Tensors.of(IDENTITY_3, 1, 3, 3)
        : ViewGeometry.intrinsics(List.of(camera));
  }
}
