package io.github.vla3d.policy.processing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.Pixel;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageResizeTest {
  /** All resizes behind one face: F32 [1, 3, h, w] in [0, 1] in and out. */
  private enum Way {
    PIL {
      @Override
      Resized apply(Tensor image, int height, int width) {
        Resized out = ImageResize.pil(bytes(image), height, width);
        return new Resized(floats(out.image()), out.transform());
      }
    },
    LEROBOT {
      @Override
      Resized apply(Tensor image, int height, int width) {
        return ImageResize.lerobot(image, height, width);
      }
    },
    LOWER_RIGHT {
      @Override
      Resized apply(Tensor image, int height, int width) {
        return ImageResize.lowerRight(image, height, width, 0);
      }
    },
    OPENPI_TORCH {
      @Override
      Resized apply(Tensor image, int height, int width) {
        Resized out = ImageResize.openpiTorch(image.mul(2).sub(1), height, width);
        return new Resized(out.image().add(1).div(2), out.transform());
      }
    },
    OPENPI_JAX {
      @Override
      Resized apply(Tensor image, int height, int width) {
        Resized out = ImageResize.openpiJax(bytes(image), height, width);
        return new Resized(floats(out.image()), out.transform());
      }
    };

    abstract Resized apply(Tensor image, int height, int width);

    static Tensor bytes(Tensor image) {
      return image.mul(255).round().to(DType.U8).permute(0, 2, 3, 1).contiguous();
    }

    static Tensor floats(Tensor image) {
      return image.to(DType.F32).div(255).permute(0, 3, 1, 2);
    }
  }

  /** A bright disc must be found where the transform says that its middle went. */
  @ParameterizedTest
  @EnumSource(Way.class)
  void theTransformSaysWherePixelsWent(Way way) {
    Random random = new Random(7);
    for (int i = 0; i < 12; i++) {
      int h = 60 + random.nextInt(120);
      int w = 60 + random.nextInt(120);
      int height = 40 + random.nextInt(100);
      int width = 40 + random.nextInt(100);
      double u = 20 + random.nextDouble() * (w - 40);
      double v = 20 + random.nextDouble() * (h - 40);
      Scope.run(
          () -> {
            Resized out = way.apply(disc(h, w, u, v), height, width);
            assertThat(out.image().shape()).containsExactly(1, 3, height, width);
            Pixel expected = out.transform().apply(new Pixel(u, v));
            Pixel found = centroid(out.image().select(0, 0).select(0, 0));
            assertThat(found.u()).isCloseTo(expected.u(), within(0.15));
            assertThat(found.v()).isCloseTo(expected.v(), within(0.15));
          });
    }
  }

  private static Tensor disc(int h, int w, double u, double v) {
    float[] values = new float[3 * h * w];
    for (int c = 0; c < 3; c++) {
      for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
          double d = Math.hypot(x + 0.5 - u, y + 0.5 - v);
          values[(c * h + y) * w + x] = (float) Math.max(0, Math.min(1, 8.5 - d));
        }
      }
    }
    return Tensors.of(values, 1, 3, h, w);
  }

  private static Pixel centroid(Tensor image) {
    float[] values = image.contiguous().toFloats();
    int width = (int) image.size(1);
    double sum = 0;
    double u = 0;
    double v = 0;
    for (int i = 0; i < values.length; i++) {
      sum += values[i];
      u += values[i] * (i % width + 0.5);
      v += values[i] * (i / width + 0.5);
    }
    return new Pixel(u / sum, v / sum);
  }

  @Test
  void intrinsicsFollow() {
    Scope.run(
        () -> {
          Tensor image = Tensors.zeros(DType.U8, Device.CPU, 480, 640, 3);
          Intrinsics k = Intrinsics.of(600, 600, 320, 240, 640, 480);
          Intrinsics small = k.transformed(ImageResize.pil(image, 224, 224).transform());
          assertThat(small.fx()).isCloseTo(210, within(1e-9));
          assertThat(small.cx()).isCloseTo(112, within(1e-9));
          assertThat(small.cy()).isCloseTo(112, within(1e-9));
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 55, 56, 57, 223})
  void pilKeepsOneColour(int side) {
    Scope.run(
        () -> {
          Tensor image = Tensors.full(201, DType.U8, Device.CPU, side, side, 3);
          byte[] out = ImageResize.pil(image, 56, 56).image().toBytes();
          assertThat(out).containsOnly((byte) 201);
        });
  }

  /** A border of -1 becomes -3 by the scaling that follows: that is what those policies saw. */
  @Test
  void theOldLerobotHadAnotherBorder() {
    Scope.run(
        () -> {
          Tensor image = Tensors.ones(1, 3, 4, 8);
          Tensor old = ImageResize.lerobot044(image, 8, 8).image().mul(2).sub(1);
          assertThat(old.amin(false, 0, 1, 2, 3).item()).isEqualTo(-3);
          Tensor now = ImageResize.lerobot(image, 8, 8).image().mul(2).sub(1);
          assertThat(now.amin(false, 0, 1, 2, 3).item()).isEqualTo(-1);
        });
  }

  @Test
  void whatIsNoPictureIsNamed() {
    Scope.run(
        () -> {
          Tensor floats = Tensors.zeros(1, 3, 4, 4);
          assertThatThrownBy(() -> ImageResize.pil(floats, 8, 8))
              .isInstanceOf(ProcessingException.class)
              .hasMessageContaining("pil: wanted pictures of U8")
              .hasMessageContaining("[1, 3, 4, 4]");
          Tensor thread = Tensors.zeros(DType.U8, Device.CPU, 1, 1000, 3);
          assertThatThrownBy(() -> ImageResize.pil(thread, 224, 224))
              .isInstanceOf(ProcessingException.class)
              .hasMessageContaining("1 x 1000 is too narrow");
          Tensor bright = Tensors.full(1.5, DType.F32, Device.CPU, 2, 2, 3);
          assertThatThrownBy(() -> ImageResize.toBytes("cam", bright))
              .isInstanceOf(ProcessingException.class)
              .hasMessageContaining("cam: wanted numbers in [0, 1]");
          Tensor missing = Tensors.full(Double.NaN, DType.F32, Device.CPU, 2, 2, 3);
          assertThatThrownBy(() -> ImageResize.toBytes("cam", missing))
              .isInstanceOf(ProcessingException.class);
        });
  }
}
