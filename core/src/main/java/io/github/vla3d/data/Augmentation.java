package io.github.vla3d.data;

import io.github.vla3d.geometry.ImageTransform;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Random changes of pictures for training, in which depth and camera take part. Every camera of an
 * observation draws its own; colour changes leave geometry alone.
 *
 * @param crop share of each side that is kept, in (0, 1]; the window's place is drawn
 * @param rotate greatest turn about the middle in radians, 0 for none
 * @param brightness greatest relative change of all channels, in [0, 1)
 * @param contrast greatest relative change of the distance to mid-grey, in [0, 1)
 * @param saturation greatest relative change of the distance to the pixel's grey, in [0, 1)
 * @param size pictures come out with this width and height; empty keeps the crop's
 */
public record Augmentation(
    double crop,
    double rotate,
    double brightness,
    double contrast,
    double saturation,
    Optional<Size> size) {
  /** Width and height in pixels. */
  public record Size(int width, int height) {}

  /** No change. */
  public static final Augmentation NONE = new Augmentation(1, 0, 0, 0, 0, Optional.empty());

  /**
   * @throws IllegalArgumentException outside the ranges
   */
  public Augmentation {
    require("crop", crop, crop > 0 && crop <= 1);
    require("rotate", rotate, rotate >= 0 && rotate <= Math.PI);
    require("brightness", brightness, brightness >= 0 && brightness < 1);
    require("contrast", contrast, contrast >= 0 && contrast < 1);
    require("saturation", saturation, saturation >= 0 && saturation < 1);
  }

  private static void require(String name, double value, boolean fits) {
    if (!fits) {
      throw new IllegalArgumentException("augmentation: " + name + " out of range: " + value);
    }
  }

  /** The changed observation. The same seed gives the same changes. */
  public Observation apply(Observation observation, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return observation.withViews(
        observation.views().stream().map(view -> apply(view, random)).toList());
  }

  private View apply(View view, SplittableRandom random) {
    View moved = ViewTransforms.apply(view, transform(view.rgb(), random));
    return brightness == 0 && contrast == 0 && saturation == 0
        ? moved
        : new View(
            moved.name(),
            coloured(moved.rgb(), random),
            moved.depth(),
            moved.camera(),
            moved.depthCamera());
  }

  private ImageTransform transform(RgbImage picture, SplittableRandom random) {
    int width = picture.width();
    int height = picture.height();
    ImageTransform transform = ImageTransform.identity(width, height);
    if (rotate > 0) {
      transform = ImageTransform.rotate(width, height, rotate * (2 * random.nextDouble() - 1));
    }
    int keptWidth = Math.max(1, (int) Math.round(crop * width));
    int keptHeight = Math.max(1, (int) Math.round(crop * height));
    if (keptWidth < width || keptHeight < height) {
      int left = random.nextInt(width - keptWidth + 1);
      int top = random.nextInt(height - keptHeight + 1);
      transform =
          transform.then(ImageTransform.crop(width, height, left, top, keptWidth, keptHeight));
    }
    if (size.isPresent()) {
      transform =
          transform.then(
              ImageTransform.resize(
                  keptWidth, keptHeight, size.get().width(), size.get().height()));
    }
    return transform;
  }

  private RgbImage coloured(RgbImage picture, SplittableRandom random) {
    double light = 1 + brightness * (2 * random.nextDouble() - 1);
    double spread = 1 + contrast * (2 * random.nextDouble() - 1);
    double colour = 1 + saturation * (2 * random.nextDouble() - 1);
    byte[] pixels = picture.toArray();
    for (int i = 0; i < pixels.length; i += 3) {
      double r = pixels[i] & 0xff;
      double g = pixels[i + 1] & 0xff;
      double b = pixels[i + 2] & 0xff;
      double grey = 0.299 * r + 0.587 * g + 0.114 * b;
      for (int c = 0; c < 3; c++) {
        double value = grey + colour * ((pixels[i + c] & 0xff) - grey);
        value = 127.5 + spread * (value - 127.5);
        pixels[i + c] = (byte) Math.round(Math.max(0, Math.min(255, light * value)));
      }
    }
    return RgbImage.owning(picture.width(), picture.height(), pixels);
  }
}
