package io.github.vla3d.perception.onnx;

import io.github.vla3d.data.RgbImage;

/** Pictures as both models want them: of another size, ImageNet's mean and deviation. */
final class PictureTensor {
  private static final float[] MEAN = {0.485f, 0.456f, 0.406f};
  private static final float[] DEVIATION = {0.229f, 0.224f, 0.225f};

  private PictureTensor() {}

  /** F32 [1, 3, height, width], bilinear between the centres of pixels. */
  static OnnxGraph.Floats of(RgbImage picture, int height, int width) {
    float[] values = new float[3 * height * width];
    double down = (double) picture.height() / height;
    double across = (double) picture.width() / width;
    for (int row = 0; row < height; row++) {
      double y = Math.max(0, Math.min(picture.height() - 1.0, (row + 0.5) * down - 0.5));
      int top = (int) y;
      int bottom = Math.min(top + 1, picture.height() - 1);
      float low = (float) (y - top);
      for (int column = 0; column < width; column++) {
        double x = Math.max(0, Math.min(picture.width() - 1.0, (column + 0.5) * across - 0.5));
        int left = (int) x;
        int right = Math.min(left + 1, picture.width() - 1);
        float far = (float) (x - left);
        for (int c = 0; c < 3; c++) {
          float above = (1 - far) * picture.at(left, top, c) + far * picture.at(right, top, c);
          float below =
              (1 - far) * picture.at(left, bottom, c) + far * picture.at(right, bottom, c);
          float value = (1 - low) * above + low * below;
          values[(c * height + row) * width + column] = (value / 255 - MEAN[c]) / DEVIATION[c];
        }
      }
    }
    return new OnnxGraph.Floats(values, new long[] {1, 3, height, width});
  }
}
