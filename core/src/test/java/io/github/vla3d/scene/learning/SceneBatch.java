package io.github.vla3d.scene.learning;

import io.github.vla3d.scene.input.SceneInput;
import io.github.vla3d.scene.instance.Targets;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.util.List;

/**
 * Scenes with as many views each, as tensors in the scope of the caller. Labels are exact: middles
 * of things; masks and their boxes are of what is seen.
 *
 * @param scenes B of them
 * @param views V
 * @param rgb F32 [B, V, 3, SIZE, SIZE] in [-1, 1]
 * @param targets labels
 */
record SceneBatch(
    List<TableScene> scenes,
    int views,
    Tensor rgb,
    Tensor depth,
    Tensor intrinsics,
    Tensor cameraFromWorld,
    Targets targets) {
  /** Rows and columns of tokens. */
  static final int GRID = 12;

  /** A thing counts in a view from so many pixels on. */
  private static final int LEAST_PIXELS = 12;

  static SceneBatch of(List<TableScene> scenes, int views) {
    int b = scenes.size();
    int size = TableScene.SIZE;
    int pixels = size * size;
    int t = TableScene.MOST_THINGS;
    float[] rgb = new float[b * views * 3 * pixels];
    float[] depth = new float[b * views * pixels];
    float[] k = new float[b * views * 9];
    float[] pose = new float[b * views * 16];
    float[] boxes = new float[b * t * views * 4];
    float[] centroids = new float[b * t * 3];
    boolean[] valid = new boolean[b * t];
    boolean[] inView = new boolean[b * t * views];
    byte[] masks = new byte[b * t * views * pixels];
    for (int i = 0; i < b; i++) {
      TableScene scene = scenes.get(i);
      for (int j = 0; j < scene.things().size(); j++) {
        Thing thing = scene.things().get(j);
        centroids[(i * t + j) * 3] = (float) thing.x();
        centroids[(i * t + j) * 3 + 1] = (float) thing.y();
        centroids[(i * t + j) * 3 + 2] = (float) thing.halfZ();
      }
      for (int v = 0; v < views; v++) {
        TableScene.Picture picture = scene.render(v);
        int at = i * views + v;
        System.arraycopy(picture.rgb(), 0, rgb, at * 3 * pixels, 3 * pixels);
        System.arraycopy(picture.depth(), 0, depth, at * pixels, pixels);
        double[] m = scene.cameraFromWorld(v);
        for (int e = 0; e < 16; e++) {
          pose[at * 16 + e] = (float) m[e];
        }
        float f = (float) TableScene.FOCAL;
        System.arraycopy(new float[] {f, 0, size / 2f, 0, f, size / 2f, 0, 0, 1}, 0, k, at * 9, 9);
        for (int j = 0; j < scene.things().size(); j++) {
          int place = (i * t + j) * views + v;
          Extent extent = Extent.of(picture.thing(), j, masks, place * pixels);
          if (extent.count() >= LEAST_PIXELS) {
            inView[place] = true;
            valid[i * t + j] = true;
            System.arraycopy(extent.box(), 0, boxes, place * 4, 4);
          }
        }
      }
    }
    return new SceneBatch(
        scenes,
        views,
        Tensors.of(rgb, b, views, 3, size, size),
        Tensors.of(depth, b, views, size, size),
        Tensors.of(k, b, views, 3, 3),
        Tensors.of(pose, b, views, 4, 4),
        new Targets(
            Tensors.of(boxes, b, t, views, 4),
            Tensors.of(centroids, b, t, 3),
            Tensors.of(valid, b, t),
            Tensors.of(inView, b, t, views),
            Tensors.of(masks, b, t, views, size, size).to(DType.BOOL)));
  }

  /** The seen part of a thing in a picture. */
  private record Extent(int count, int left, int top, int right, int bottom) {
    /** Writes its mask, too. */
    static Extent of(byte[] things, int thing, byte[] masks, int start) {
      int size = TableScene.SIZE;
      int count = 0;
      int left = size;
      int top = size;
      int right = 0;
      int bottom = 0;
      for (int i = 0; i < things.length; i++) {
        if (things[i] == thing) {
          masks[start + i] = 1;
          count++;
          left = Math.min(left, i % size);
          right = Math.max(right, i % size + 1);
          top = Math.min(top, i / size);
          bottom = Math.max(bottom, i / size + 1);
        }
      }
      return new Extent(count, left, top, right, bottom);
    }

    /** Centre x, y, width and height in units of the picture. */
    float[] box() {
      float size = TableScene.SIZE;
      return new float[] {
        (left + right) / 2f / size,
        (top + bottom) / 2f / size,
        (right - left) / size,
        (bottom - top) / size
      };
    }
  }

  /** For the method, with the tower's tokens [B, V, GRID, GRID, C]. */
  SceneInput input(Tensor tokens) {
    int b = scenes.size();
    Device cpu = Device.CPU;
    return new SceneInput(
        tokens,
        depth,
        intrinsics,
        cameraFromWorld,
        Tensors.ones(DType.BOOL, cpu, b, views),
        Tensors.zeros(DType.BOOL, cpu, b, views, GRID, GRID),
        Tensors.arange(views).unsqueeze(0).repeat(b, 1),
        Tensors.of(new float[] {0.4f, 0, 0.3f}, 1, 1, 3).repeat(b, 1, 1));
  }
}
