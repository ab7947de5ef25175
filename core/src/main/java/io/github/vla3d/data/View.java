package io.github.vla3d.data;

import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.Intrinsics;
import java.util.Optional;

/**
 * What one camera saw at one time, as its file stores it: a picture that lies upside down or
 * mirrored in the file does so here too, and the intrinsics of its camera say so.
 *
 * @param name of the camera, unique within an observation
 * @param rgb the colour picture
 * @param depth planar depth in metres for every pixel of the picture; empty where none was recorded
 * @param camera that the colour picture fits; empty where none is known
 * @param depthCamera that the depth fits. It differs from {@code camera} in the intrinsics alone,
 *     where a renderer sampled the depth off the centre of the pixels
 */
public record View(
    String name,
    RgbImage rgb,
    Optional<DepthImage> depth,
    Optional<Camera> camera,
    Optional<Camera> depthCamera) {
  /**
   * @throws IllegalArgumentException if depth or camera are for another size than the picture, or a
   *     depth camera has no camera or another pose
   */
  public View {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("view: wanted a name, got none");
    }
    depth.ifPresent(d -> checkSize(name, "depth", rgb, d.width(), d.height()));
    camera.ifPresent(c -> checkSize(name, "camera", rgb, c.intrinsics()));
    depthCamera.ifPresent(c -> checkSize(name, "depth camera", rgb, c.intrinsics()));
    if (depthCamera.isPresent()
        && !camera.map(Camera::worldFromCamera).equals(depthCamera.map(Camera::worldFromCamera))) {
      throw new IllegalArgumentException(
          "view " + name + ": wanted one pose for colour and depth, got two");
    }
  }

  /** A view whose depth, where there is any, was sampled at the centres of the pixels. */
  public static View of(
      String name, RgbImage rgb, Optional<DepthImage> depth, Optional<Camera> camera) {
    return new View(name, rgb, depth, camera, camera);
  }

  private static void checkSize(String view, String what, RgbImage rgb, Intrinsics k) {
    checkSize(view, what, rgb, k.width(), k.height());
  }

  private static void checkSize(String view, String what, RgbImage rgb, int width, int height) {
    if (width != rgb.width() || height != rgb.height()) {
      throw new IllegalArgumentException(
          "view %s: wanted a %s of %d x %d, got %d x %d"
              .formatted(view, what, rgb.width(), rgb.height(), width, height));
    }
  }
}
