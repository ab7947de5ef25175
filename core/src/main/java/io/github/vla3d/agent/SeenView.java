package io.github.vla3d.agent;

import io.github.vla3d.data.View;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.ImageTransform;
import io.github.vla3d.geometry.Pixel;
import io.github.vla3d.policy.PixelRectangle;
import io.github.vla3d.policy.PolicyException;
import java.util.Optional;

/**
 * A view beside the picture that the policy's tower makes of it. Tokens lie over that picture (see
 * {@link io.github.vla3d.policy.TokenGrid}), and so do the cameras and the depth given here.
 *
 * @param name of the camera in the policy
 * @param source the view, turned as the policy wants it
 * @param transform from pixels of the source to pixels of the tower's picture
 */
public record SeenView(String name, View source, ImageTransform transform) {
  public SeenView {
    if (transform.fromWidth() != source.rgb().width()
        || transform.fromHeight() != source.rgb().height()) {
      throw new PolicyException(
          "view '%s': wanted a transform of %d x %d pixels, got %s"
              .formatted(source.name(), source.rgb().width(), source.rgb().height(), transform));
    }
  }

  /** The camera that the tower's picture fits; empty where none is known. */
  public Optional<Camera> camera() {
    return source.camera().map(camera -> camera.transformed(transform));
  }

  /** The camera that {@link #depth} fits: another than {@link #camera} in the intrinsics alone. */
  public Optional<Camera> depthCamera() {
    return source.depthCamera().map(camera -> camera.transformed(transform));
  }

  /**
   * Planar depth in metres for every pixel of the tower's picture, 0 where there is none, as on the
   * border; values are picked, not mixed. Computed anew at each call.
   */
  public Optional<DepthImage> depth() {
    return source.depth().map(depth -> depth.transformed(transform));
  }

  /** The part of the tower's picture that shows the view; the rest is border. */
  public PixelRectangle content() {
    Pixel a = transform.apply(new Pixel(0, 0));
    Pixel b = transform.apply(new Pixel(transform.fromWidth(), transform.fromHeight()));
    return new PixelRectangle(
        within(Math.min(a.u(), b.u()), transform.width()),
        within(Math.min(a.v(), b.v()), transform.height()),
        within(Math.max(a.u(), b.u()), transform.width()),
        within(Math.max(a.v(), b.v()), transform.height()));
  }

  private static int within(double place, int size) {
    return Math.toIntExact(Math.max(0, Math.min(size, Math.round(place))));
  }
}
