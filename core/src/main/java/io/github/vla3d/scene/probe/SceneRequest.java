package io.github.vla3d.scene.probe;

import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.input.SceneInput;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Tensors;
import java.util.ArrayList;
import java.util.List;

/**
 * What the method is given in LIBERO: two views of 16 x 16 tokens over pictures of 224 x 224 pixels
 * with depth. On the table stand as many blocks as there may be instances.
 *
 * @param input random tokens, depth of the table and its blocks
 * @param cameras of the views
 * @param depth of each view, row-major, metres
 * @param masks logits [S, V, MASK, MASK] of the blocks, as a trained module would have them
 * @param blocks S
 */
@SuppressWarnings("ArrayRecordComponent") // a plain carrier, made and read once
record SceneRequest(
    SceneInput input, List<Camera> cameras, List<float[]> depth, float[] masks, int blocks) {
  static final int VIEWS = 2;
  static final int GRID = 16;
  static final int PICTURE = 224;
  static final int MASK = 4 * GRID;

  private static final double HALF = 0.03;
  private static final double FIELD_OF_VIEW = 0.8;

  /** A cube on the table. */
  private record Block(double x, double y) {
    /** How far along a ray its surface is; NaN if the ray misses it. */
    double distance(Vector3 from, Vector3 ray) {
      double[] o = {from.x() - x, from.y() - y, from.z() - HALF};
      double[] d = {ray.x(), ray.y(), ray.z()};
      double near = 0;
      double far = Double.POSITIVE_INFINITY;
      for (int axis = 0; axis < 3; axis++) {
        double a = (-HALF - o[axis]) / d[axis];
        double b = (HALF - o[axis]) / d[axis];
        near = Math.max(near, Math.min(a, b));
        far = Math.min(far, Math.max(a, b));
      }
      return near <= far ? near : Double.NaN;
    }
  }

  /** Tensors in the caller's scope. */
  static SceneRequest of(SceneConfig config, int tokenWidth, DType dtype, Generator generator) {
    double[] centre = config.workspace().centre();
    int count = config.selection().instances();
    int side = (int) Math.ceil(Math.sqrt(count));
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      blocks.add(
          new Block(
              centre[0] + 0.12 * (i % side - (side - 1) / 2.0),
              centre[1] + 0.12 * (i / side - (side - 1) / 2.0)));
    }
    Vector3 middle = new Vector3(centre[0], centre[1], 0);
    List<Camera> cameras =
        List.of(
            camera(middle.plus(new Vector3(0.6, 0, 0.6)), middle),
            camera(middle.plus(new Vector3(-0.3, 0.5, 0.6)), middle));
    int pixels = PICTURE * PICTURE;
    List<float[]> depth = new ArrayList<>();
    float[] all = new float[VIEWS * pixels];
    float[] masks = new float[count * VIEWS * MASK * MASK];
    java.util.Arrays.fill(masks, -4);
    for (int v = 0; v < VIEWS; v++) {
      float[] metres = new float[pixels];
      for (int i = 0; i < pixels; i++) {
        look(cameras.get(v), blocks, v, i, metres, masks);
      }
      depth.add(metres);
      System.arraycopy(metres, 0, all, v * pixels, pixels);
    }
    return new SceneRequest(
        new SceneInput(
            generator.randn(DType.F32, 1, VIEWS, GRID, GRID, tokenWidth).to(dtype),
            Tensors.of(all, 1, VIEWS, PICTURE, PICTURE),
            Tensors.of(numbers(cameras, 9), 1, VIEWS, 3, 3).to(DType.F32),
            Tensors.of(numbers(cameras, 16), 1, VIEWS, 4, 4).to(DType.F32),
            Tensors.ones(DType.BOOL, Device.CPU, 1, VIEWS),
            Tensors.zeros(DType.BOOL, Device.CPU, 1, VIEWS, GRID, GRID),
            Tensors.arange(VIEWS).unsqueeze(0),
            Tensors.of(new float[] {(float) centre[0], (float) centre[1], 0.3f}, 1, 1, 3)),
        cameras,
        depth,
        masks,
        count);
  }

  private static Camera camera(Vector3 at, Vector3 towards) {
    Vector3 z = towards.minus(at).normalized();
    Vector3 x = z.cross(new Vector3(0, 0, 1)).normalized();
    Vector3 y = z.cross(x);
    double[] rotation = {x.x(), y.x(), z.x(), x.y(), y.y(), z.y(), x.z(), y.z(), z.z()};
    return new Camera(
        Intrinsics.fromFieldOfView(FIELD_OF_VIEW, PICTURE, PICTURE),
        RigidTransform.of(rotation, at));
  }

  private static double[] numbers(List<Camera> cameras, int each) {
    double[] all = new double[cameras.size() * each];
    for (int v = 0; v < cameras.size(); v++) {
      Camera camera = cameras.get(v);
      double[] own =
          each == 9 ? camera.intrinsics().matrix() : camera.cameraFromWorld().toRowMajor();
      System.arraycopy(own, 0, all, v * each, each);
    }
    return all;
  }

  /** Depth at a pixel, and the mask cell of the block that is seen there. */
  private static void look(
      Camera camera, List<Block> blocks, int view, int pixel, float[] metres, float[] masks) {
    double row = pixel / PICTURE + 0.5;
    double column = pixel % PICTURE + 0.5;
    Vector3 from = camera.worldFromCamera().translation();
    Vector3 ray =
        camera
            .worldFromCamera()
            .rotate(camera.intrinsics().ray(new io.github.vla3d.geometry.Pixel(column, row)));
    double nearest = ray.z() < 0 ? -from.z() / ray.z() : Double.POSITIVE_INFINITY;
    int seen = -1;
    for (int i = 0; i < blocks.size(); i++) {
      double distance = blocks.get(i).distance(from, ray);
      if (distance < nearest) {
        nearest = distance;
        seen = i;
      }
    }
    // A ray has z = 1 in its camera, so its length is the depth.
    metres[pixel] = Double.isFinite(nearest) ? (float) nearest : 0;
    if (seen >= 0) {
      int cell = (int) (row * MASK / PICTURE) * MASK + (int) (column * MASK / PICTURE);
      masks[(seen * VIEWS + view) * MASK * MASK + cell] = 4;
    }
  }
}
