package io.github.vla3d.geometry;

/** Removes a lens from pictures and depth maps: what comes out belongs to the pinhole camera K. */
public final class Rectifier {
  private final Intrinsics intrinsics;
  private final double[] source;

  /**
   * @param intrinsics K of the distorted picture, and of the pinhole picture that replaces it
   */
  public Rectifier(Intrinsics intrinsics, Distortion distortion) {
    this.intrinsics = intrinsics;
    this.source = new double[2 * intrinsics.width() * intrinsics.height()];
    for (int i = 0; i < source.length / 2; i++) {
      Vector3 ray = intrinsics.ray(Pixel.centre(i % intrinsics.width(), i / intrinsics.width()));
      Distortion.Plane bent = distortion.distort(ray.x(), ray.y());
      Pixel p = intrinsics.pixel(bent.x(), bent.y());
      source[2 * i] = p.u();
      source[2 * i + 1] = p.v();
    }
  }

  /**
   * Bilinear, black outside.
   *
   * @param pixels bytes [height, width, channels]
   */
  public byte[] picture(byte[] pixels, int channels) {
    int width = intrinsics.width();
    int height = intrinsics.height();
    if (pixels.length != width * height * channels) {
      throw new GeometryException(
          "picture: wanted "
              + width
              + "x"
              + height
              + "x"
              + channels
              + " bytes, got "
              + pixels.length);
    }
    byte[] result = new byte[pixels.length];
    for (int i = 0; i < source.length / 2; i++) {
      double u = source[2 * i] - 0.5;
      double v = source[2 * i + 1] - 0.5;
      if (!(u > -1 && u < width && v > -1 && v < height)) {
        continue;
      }
      int left = (int) Math.floor(u);
      int top = (int) Math.floor(v);
      double du = u - left;
      double dv = v - top;
      for (int channel = 0; channel < channels; channel++) {
        double value = 0;
        for (int corner = 0; corner < 4; corner++) {
          int column = left + corner % 2;
          int row = top + corner / 2;
          if (column >= 0 && column < width && row >= 0 && row < height) {
            double weight = (corner % 2 == 0 ? 1 - du : du) * (corner / 2 == 0 ? 1 - dv : dv);
            value += weight * (pixels[(row * width + column) * channels + channel] & 0xff);
          }
        }
        result[i * channels + channel] = (byte) Math.round(value);
      }
    }
    return result;
  }

  /**
   * Nearest neighbour, 0 outside. Planar z does not change: the lens moves a ray, not its point.
   */
  public DepthImage depth(DepthImage depth) {
    int width = intrinsics.width();
    if (depth.width() != width || depth.height() != intrinsics.height()) {
      throw new GeometryException(
          "depth: wanted "
              + width
              + "x"
              + intrinsics.height()
              + " pixels, got "
              + depth.width()
              + "x"
              + depth.height());
    }
    float[] result = new float[source.length / 2];
    for (int i = 0; i < result.length; i++) {
      result[i] = depth.at(new Pixel(source[2 * i], source[2 * i + 1]));
    }
    return DepthImage.of(result, width, intrinsics.height());
  }
}
