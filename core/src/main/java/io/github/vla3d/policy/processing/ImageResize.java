package io.github.vla3d.policy.processing;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.util.Arrays;

/**
 * The resizes with which published policies were trained. All keep the aspect, pad the rest with
 * one colour, and say where every pixel went. They are not interchangeable: from 256 to 224 pixels
 * they differ visibly.
 *
 * <p>All throw {@link ProcessingException} if a picture is not of the type and layout named, or so
 * narrow that nothing of it would be left.
 */
public final class ImageResize {
  private ImageResize() {}

  /**
   * Pillow's BILINEAR, black border, as the openpi client and its ResizeImages do it; to the bit. A
   * picture of the right size stays as it is.
   *
   * @param image U8 [.., h, w, C]
   * @return U8 [.., height, width, C]
   */
  public static Resized pil(Tensor image, int height, int width) {
    require("pil", image, DType.U8, image.dim() >= 3);
    long[] shape = image.shape();
    int axis = shape.length - 3;
    Fit fit = Fit.centred(shape[axis], shape[axis + 1], height, width);
    if (fit.fromHeight() == height && fit.fromWidth() == width) {
      return new Resized(image, fit.transform());
    }
    int channels = Math.toIntExact(shape[axis + 2]);
    int size = fit.fromHeight() * fit.fromWidth() * channels;
    byte[] in = image.toBytes();
    byte[] out = new byte[Math.multiplyExact(in.length / size, height * width * channels)];
    for (int i = 0; i < in.length / size; i++) {
      byte[] scaled =
          PilBilinear.resize(
              Arrays.copyOfRange(in, i * size, (i + 1) * size),
              fit.fromHeight(),
              fit.fromWidth(),
              channels,
              fit.rows(),
              fit.columns());
      int row = fit.columns() * channels;
      for (int y = 0; y < fit.rows(); y++) {
        int to = ((i * height + fit.top() + y) * width + fit.left()) * channels;
        System.arraycopy(scaled, y * row, out, to, row);
      }
    }
    shape[axis] = height;
    shape[axis + 1] = width;
    return new Resized(Tensors.of(out, shape), fit.transform());
  }

  /**
   * LeRobot from 0.5 on: bilinear without antialiasing, clamped to [0, 1], border 0.
   *
   * @param image F32 [B, C, h, w] in [0, 1]
   * @return F32 [B, C, height, width]
   */
  public static Resized lerobot(Tensor image, int height, int width) {
    return centred("lerobot", image, height, width, 0, 0);
  }

  /**
   * LeRobot up to 0.4.4: as {@link #lerobot} with border -1, which the scaling to [-1, 1] that
   * follows turns into -3. Policies fine-tuned then on pictures that are not square have seen it.
   */
  public static Resized lerobot044(Tensor image, int height, int width) {
    return centred("lerobot044", image, height, width, -1, -1);
  }

  /**
   * openpi's model in PyTorch: bilinear without antialiasing, clamped to [-1, 1], border -1.
   *
   * @param image F32 [B, C, h, w] in [-1, 1]
   * @return F32 [B, C, height, width]
   */
  public static Resized openpiTorch(Tensor image, int height, int width) {
    return centred("openpiTorch", image, height, width, -1, -1);
  }

  private static Resized centred(
      String name, Tensor image, int height, int width, double low, double border) {
    require(name, image, DType.F32, image.dim() == 4);
    Fit fit = Fit.centred(image.size(2), image.size(3), height, width);
    Tensor resized =
        Scope.tensor(
            () ->
                pad(
                    Functional.upsampleBilinear(image, fit.rows(), fit.columns(), false)
                        .clamp(low, 1),
                    fit,
                    border));
    return new Resized(resized, fit.transform());
  }

  /**
   * LeRobot's resize for SmolVLA and X-VLA: bilinear without antialiasing or clamping, all border
   * above and to the left. A picture of the right size stays as it is.
   *
   * @param image F32 [B, C, h, w]
   * @param border value of the border; 0 and -1 have been used
   * @return F32 [B, C, height, width]
   */
  public static Resized lowerRight(Tensor image, int height, int width, double border) {
    require("lowerRight", image, DType.F32, image.dim() == 4);
    Fit fit = Fit.lowerRight(image.size(2), image.size(3), height, width);
    if (fit.fromHeight() == height && fit.fromWidth() == width) {
      return new Resized(image, fit.transform());
    }
    Tensor resized =
        Scope.tensor(
            () ->
                pad(
                    Functional.upsampleBilinear(image, fit.rows(), fit.columns(), false),
                    fit,
                    border));
    return new Resized(resized, fit.transform());
  }

  private static Tensor pad(Tensor x, Fit fit, double border) {
    return Functional.pad(x, border, fit.left(), fit.right(), fit.top(), fit.bottom());
  }

  /**
   * openpi's model in JAX: a triangle filter with antialiasing; F32 clamped to [-1, 1] with border
   * -1, U8 rounded with border 0.
   *
   * @param image F32 in [-1, 1] or U8, [B, h, w, C]
   * @return the same type, [B, height, width, C]
   */
  public static Resized openpiJax(Tensor image, int height, int width) {
    boolean bytes = image.dtype() == DType.U8;
    require("openpiJax", image, bytes ? DType.U8 : DType.F32, image.dim() == 4);
    Fit fit = Fit.centred(image.size(1), image.size(2), height, width);
    Tensor resized =
        Scope.tensor(
            () -> {
              Tensor x = image.to(DType.F64).permute(0, 3, 1, 2);
              Tensor rows = triangle(fit.fromHeight(), fit.rows());
              Tensor columns = triangle(fit.fromWidth(), fit.columns());
              Tensor y = rows.matmul(x).matmul(columns.transpose(0, 1));
              y = bytes ? y.round().clamp(0, 255) : y.clamp(-1, 1);
              return pad(y, fit, bytes ? 0 : -1).permute(0, 2, 3, 1).to(image.dtype()).contiguous();
            });
    return new Resized(resized, fit.transform());
  }

  /** F64 [to, from]: weights of a triangle that widens when the axis shrinks. */
  private static Tensor triangle(int from, int to) {
    double scale = (double) from / to;
    double reach = Math.max(scale, 1);
    double[] weights = new double[to * from];
    for (int i = 0; i < to; i++) {
      double centre = (i + 0.5) * scale - 0.5;
      double sum = 0;
      for (int j = 0; j < from; j++) {
        double weight = Math.max(0, 1 - Math.abs(centre - j) / reach);
        weights[i * from + j] = weight;
        sum += weight;
      }
      for (int j = 0; j < from; j++) {
        weights[i * from + j] /= sum;
      }
    }
    return Tensors.of(weights, to, from);
  }

  /**
   * 8-bit pictures from whatever a client sends: U8 as it is; floating numbers in [0, 1] times 255,
   * truncated.
   *
   * @return U8 of the same shape
   * @throws ProcessingException if it is of another type, or a number lies outside [0, 1]
   */
  public static Tensor toBytes(String name, Tensor image) {
    if (image.dtype() == DType.U8) {
      return image;
    }
    if (!image.dtype().isFloating()) {
      throw new ProcessingException(
          name + ": wanted 8-bit or floating numbers, got " + image.dtype());
    }
    return Scope.tensor(
        () -> {
          Tensor inside = image.ge(0).and(image.le(1)).all().to(Device.CPU);
          if (!inside.itemBoolean()) {
            throw new ProcessingException(
                name + ": wanted numbers in [0, 1], got some outside or NaN");
          }
          return image.mul(255).to(DType.U8);
        });
  }

  private static void require(String name, Tensor image, DType dtype, boolean layout) {
    if (image.dtype() != dtype || !layout || image.numel() == 0) {
      throw new ProcessingException(
          "%s: wanted pictures of %s, got %s".formatted(name, dtype, image));
    }
  }
}
