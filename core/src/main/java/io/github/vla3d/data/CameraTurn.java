package io.github.vla3d.data;

import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.Pixel;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * A camera turned about its optical centre, with another focal length, as augmentation: the only
 * changes of a camera whose picture follows from the one that was taken, without parallax and
 * without anything that comes into sight from behind. Picture, depth and pose change together:
 * measured points stay where they are in the world, their places in the picture do not.
 *
 * <p>Colours are interpolated between pixels, depth is that of the nearest one. What lies outside
 * of the picture that was taken is black and has no depth.
 *
 * @param oldFromNew turn of the new camera in the frame of the old one; its shift is not used
 * @param zoom focal length in units of the old one
 */
public record CameraTurn(RigidTransform oldFromNew, double zoom) {
  /**
   * What is drawn.
   *
   * @param turn greatest turn either way about each axis of the camera, radians
   * @param zoom greatest relative change of the focal length either way, in [0, 1)
   */
  public record Range(double turn, double zoom) {
    /**
     * @throws IllegalArgumentException outside the ranges
     */
    public Range {
      if (!(turn >= 0 && turn <= 1)) {
        throw new IllegalArgumentException("augment.cameraTurn: wanted 0 to 1 rad, got " + turn);
      }
      if (!(zoom >= 0 && zoom < 1)) {
        throw new IllegalArgumentException("augment.cameraZoom: wanted 0 to below 1, got " + zoom);
      }
    }

    /** Whether nothing happens. */
    public boolean isNone() {
      return turn == 0 && zoom == 0;
    }
  }

  /** Draws one. */
  public static CameraTurn draw(Range range, SplittableRandom random) {
    double x = range.turn * (2 * random.nextDouble() - 1);
    double y = range.turn * (2 * random.nextDouble() - 1);
    double z = range.turn * (2 * random.nextDouble() - 1);
    double zoom = 1 + range.zoom * (2 * random.nextDouble() - 1);
    return new CameraTurn(RigidTransform.fromAxisAngle(new Vector3(x, y, z), Vector3.ZERO), zoom);
  }

  /**
   * The view as the turned camera would have it.
   *
   * @throws java.util.NoSuchElementException if the view has no camera
   */
  public View apply(View view) {
    Camera old = view.camera().orElseThrow();
    Optional<Camera> ofDepth = view.depthCamera();
    return new View(
        view.name(),
        picture(view.rgb(), old.intrinsics()),
        view.depth().map(depth -> depth(depth, ofDepth.orElse(old).intrinsics())),
        Optional.of(turned(old)),
        ofDepth.map(this::turned));
  }

  private Camera turned(Camera old) {
    RigidTransform turn = RigidTransform.of(oldFromNew.rotation(), Vector3.ZERO);
    return new Camera(zoomed(old.intrinsics()), old.worldFromCamera().compose(turn));
  }

  private Intrinsics zoomed(Intrinsics k) {
    double[] m = k.matrix();
    for (int i : new int[] {0, 1, 3, 4}) {
      m[i] *= zoom;
    }
    return Intrinsics.fromRowMajor(m, k.width(), k.height());
  }

  /**
   * For each pixel of the new picture the nearest one of the old, row by row; -1 outside.
   *
   * @param old intrinsics of the picture that was taken
   */
  public int[] source(Intrinsics old) {
    Intrinsics zoomed = zoomed(old);
    int[] source = new int[old.width() * old.height()];
    for (int i = 0; i < source.length; i++) {
      source[i] = pixel(old, from(old, zoomed, i));
    }
    return source;
  }

  /** The pixel that covers a place of the old picture; -1 outside. */
  private static int pixel(Intrinsics old, Pixel p) {
    int column = (int) Math.floor(p.u());
    int row = (int) Math.floor(p.v());
    boolean inside = column >= 0 && column < old.width() && row >= 0 && row < old.height();
    return inside ? row * old.width() + column : -1;
  }

  /** Where the centre of a new pixel is in the old picture; outside if it is behind the camera. */
  private Pixel from(Intrinsics old, Intrinsics zoomed, int i) {
    Pixel centre = new Pixel(i % old.width() + 0.5, i / old.width() + 0.5);
    Vector3 ray = oldFromNew.rotate(zoomed.ray(centre));
    return ray.z() > 1e-6 ? old.pixel(ray.x() / ray.z(), ray.y() / ray.z()) : new Pixel(-1, -1);
  }

  private RgbImage picture(RgbImage picture, Intrinsics old) {
    int width = picture.width();
    int height = picture.height();
    Intrinsics zoomed = zoomed(old);
    byte[] pixels = new byte[3 * width * height];
    for (int i = 0; i < width * height; i++) {
      Pixel p = from(old, zoomed, i);
      if (pixel(old, p) < 0) {
        continue;
      }
      double x = Math.max(0, Math.min(width - 1, p.u() - 0.5));
      double y = Math.max(0, Math.min(height - 1, p.v() - 0.5));
      int left = (int) x;
      int top = (int) y;
      int right = Math.min(width - 1, left + 1);
      int bottom = Math.min(height - 1, top + 1);
      for (int c = 0; c < 3; c++) {
        double above = between(picture.at(left, top, c), picture.at(right, top, c), x - left);
        double below = between(picture.at(left, bottom, c), picture.at(right, bottom, c), x - left);
        pixels[3 * i + c] = (byte) Math.round(between(above, below, y - top));
      }
    }
    return RgbImage.owning(width, height, pixels);
  }

  private static double between(double a, double b, double share) {
    return a + share * (b - a);
  }

  private DepthImage depth(DepthImage depth, Intrinsics old) {
    int[] source = source(old);
    float[] measured = depth.toArray();
    float[] metres = new float[source.length];
    RigidTransform newFromOld = oldFromNew.inverse();
    for (int i = 0; i < metres.length; i++) {
      int from = source[i];
      if (from >= 0 && measured[from] > 0) {
        Pixel centre = new Pixel(from % old.width() + 0.5, from / old.width() + 0.5);
        Vector3 point = newFromOld.rotate(old.ray(centre).times(measured[from]));
        metres[i] = (float) Math.max(0, point.z());
      }
    }
    return DepthImage.of(metres, depth.width(), depth.height());
  }
}
