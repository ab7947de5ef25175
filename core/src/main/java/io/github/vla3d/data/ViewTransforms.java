package io.github.vla3d.data;

import io.github.vla3d.geometry.ImageTransform;
import io.github.vla3d.geometry.Pixel;

/** Changes of a picture in which its depth and its camera take part. */
public final class ViewTransforms {
  private ViewTransforms() {}

  /**
   * The view after a change of the picture: colours are mixed bilinearly (and averaged where the
   * picture shrinks), depths are not mixed, the cameras become A K. Beyond the old picture there is
   * black without depth.
   */
  public static View apply(View view, ImageTransform transform) {
    return new View(
        view.name(),
        apply(view.rgb(), transform),
        view.depth().map(depth -> depth.transformed(transform)),
        view.camera().map(camera -> camera.transformed(transform)),
        view.depthCamera().map(camera -> camera.transformed(transform)));
  }

  /**
   * The view as an upright pinhole picture: one stored bottom row first or mirrored is turned, and
   * its camera with it. A view without camera stays as it is.
   */
  public static View upright(View view) {
    View result = view;
    if (view.camera().isPresent()) {
      int width = view.rgb().width();
      int height = view.rgb().height();
      if (view.camera().get().intrinsics().fx() < 0) {
        result = apply(result, ImageTransform.mirror(width, height));
      }
      if (view.camera().get().intrinsics().fy() < 0) {
        result = apply(result, ImageTransform.reverseRows(width, height));
      }
    }
    return result;
  }

  private static RgbImage apply(RgbImage picture, ImageTransform transform) {
    int width = transform.width();
    int height = transform.height();
    ImageTransform back = transform.inverse();
    double[] a = back.matrix();
    // A pixel that shrinks covers this many old ones: average a grid of samples over it.
    int across = Math.max(1, (int) Math.ceil(Math.hypot(a[0], a[3]) - 1e-9));
    int down = Math.max(1, (int) Math.ceil(Math.hypot(a[1], a[4]) - 1e-9));
    byte[] pixels = new byte[3 * width * height];
    double[] colour = new double[3];
    for (int row = 0, to = 0; row < height; row++) {
      for (int column = 0; column < width; column++) {
        colour[0] = 0;
        colour[1] = 0;
        colour[2] = 0;
        for (int s = 0; s < across * down; s++) {
          int line = s / across;
          double u = column + (s % across + 0.5) / across;
          double v = row + (line + 0.5) / down;
          sample(picture, back.apply(new Pixel(u, v)), colour);
        }
        for (int c = 0; c < 3; c++) {
          pixels[to++] = (byte) Math.round(colour[c] / (across * down));
        }
      }
    }
    return RgbImage.owning(width, height, pixels);
  }

  private static void sample(RgbImage picture, Pixel at, double[] sum) {
    if (!(at.u() >= 0 && at.v() >= 0 && at.u() <= picture.width() && at.v() <= picture.height())) {
      return;
    }
    double u = Math.max(0, Math.min(picture.width() - 1.0, at.u() - 0.5));
    double v = Math.max(0, Math.min(picture.height() - 1.0, at.v() - 0.5));
    int left = Math.min((int) u, Math.max(0, picture.width() - 2));
    int top = Math.min((int) v, Math.max(0, picture.height() - 2));
    int right = Math.min(left + 1, picture.width() - 1);
    int bottom = Math.min(top + 1, picture.height() - 1);
    double fu = u - left;
    double fv = v - top;
    for (int c = 0; c < 3; c++) {
      sum[c] +=
          (1 - fu) * (1 - fv) * picture.at(left, top, c)
              + fu * (1 - fv) * picture.at(right, top, c)
              + (1 - fu) * fv * picture.at(left, bottom, c)
              + fu * fv * picture.at(right, bottom, c);
    }
  }
}
