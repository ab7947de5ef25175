package io.github.vla3d.scene.encoding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.scene.config.Preset;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Eq. (9) and (14) and the sine tables; numbers are those of 3dvla.md C.5. */
class EncodingsTest {
  private record Rate(double base, double scale) implements Rotary3d.Rate {}

  private static Tensor rotated(Tensor x, Tensor points, Rotary3d.Rate rate) {
    int width = (int) x.size(-1);
    return Rotary3d.of(points.view(1, -1, 3), width, rate).apply(x.view(1, 1, -1, width));
  }

  /** Eq. (9). */
  @Test
  void rotary() {
    Scope.run(
        () -> {
          Tensor x = Tensors.arange(1, 13, 1, DType.F64, Device.CPU);
          Tensor p = Tensors.of(new double[] {.3, -.2, .5}, 3);
          assertThat(rotated(x, p, new Rate(10000, 1)).toDoubles())
              .containsExactly(
                  new double[] {
                    .364296, 2.206193, 2.987987, 4.008982, 6.092349, 4.887053, 7.015986, 7.985984,
                    3.103988, 13.090655, 10.939863, 12.05485
                  },
                  within(1e-6));
        });
  }

  /** Eq. (9): <R(p) q, R(p + d) k> = <q, R(d) k>, for any p. */
  @Test
  void rotaryIsRelative() {
    Scope.run(
        () -> {
          try (Generator generator = new Generator(5)) {
            for (Rate rate : new Rate[] {new Rate(10000, 1), new Rate(100, 31.4)}) {
              for (int width : new int[] {12, 16, 64}) {
                Tensor q = generator.randn(DType.F64, 20, width);
                Tensor k = generator.randn(DType.F64, 20, width);
                Tensor p = generator.randn(DType.F64, 20, 3);
                Tensor d = generator.randn(DType.F64, 20, 3);
                Tensor absolute =
                    rotated(q, p, rate).mul(rotated(k, p.add(d), rate)).sum(false, -1);
                Tensor relative = q.view(1, 1, 20, width).mul(rotated(k, d, rate)).sum(false, -1);
                assertThat(absolute.sub(relative).abs().amax(false).item()).isLessThan(1e-10);
              }
            }
          }
        });
  }

  /**
   * Eq. (9): mean cosine by which a pair of channels turns over 10 cm along an axis, for heads of
   * 64 channels (20 an axis). With 10000 and 1 nothing turns: the encoding would do nothing.
   */
  @ParameterizedTest
  @CsvSource({"default, 0, 0.6", "lite, 0, 0.6", "paper, 0.999, 1"})
  void kernelAtTenCentimetres(String preset, double least, double most) {
    Scope.run(
        () -> {
          Rotary3d.Rate rate = Preset.of(preset).scene().rope();
          for (int axis = 0; axis < 3; axis++) {
            double[] d = new double[3];
            d[axis] = 0.1;
            Tensor ones = Tensors.ones(DType.F64, Device.CPU, 1, 64);
            // <1, R(d) 1> over the 20 channels of the axis is the sum of 2 cos over its pairs.
            Tensor turned = rotated(ones, Tensors.of(d, 3), rate).narrow(-1, 20L * axis, 20);
            assertThat(turned.mean().item()).isBetween(least, most);
          }
        });
  }

  /** Eq. (14), F = 3: per band three sines, then three cosines. */
  @Test
  void fourier() {
    Scope.run(
        () -> {
          Tensor dp = Tensors.of(new double[] {.08, .02, -.04}, 1, 3);
          Fourier fourier = new Fourier(3);
          assertThat(fourier.width()).isEqualTo(21);
          assertThat(fourier.apply(dp).toDoubles())
              .containsExactly(
                  new double[] {
                    .08, .02, -.04, .24869, .062791, -.125333, .968583, .998027, .992115, .481754,
                    .125333, -.24869, .876307, .992115, .968583, .844328, .24869, -.481754, .535827,
                    .968583, .876307
                  },
                  within(1e-6));
        });
    assertThatThrownBy(() -> new Fourier(17)).hasMessageContaining("0 to 16, got 17");
  }

  /** PETR's order y, x, z; sines on even channels, cosines on odd ones. */
  @Test
  void sines() {
    Scope.run(
        () -> {
          double[] table =
              SineEncoding.threeD(Tensors.of(new double[] {.3, .6, .9}, 1, 3)).toDoubles();
          assertThat(table).hasSize(384);
          double[][] starts = {
            {-.587786, -.809017, -.122706, -.992443},
            {.951056, -.309017, .998109, -.061469},
            {-.587785, .809017, -.983024, .183479}
          };
          for (int part = 0; part < 3; part++) {
            assertThat(Arrays.copyOfRange(table, 128 * part, 128 * part + 4))
                .containsExactly(starts[part], within(1e-6));
          }
          double[] picture = SineEncoding.twoD(Tensors.of(new double[] {.3, .6}, 1, 2)).toDoubles();
          assertThat(picture).containsExactly(Arrays.copyOf(table, 256), within(0.0));
        });
  }

  @Test
  void headsTooNarrowForThreeAxesAreRefused() {
    Scope.run(
        () ->
            assertThatThrownBy(() -> Rotary3d.of(Tensors.zeros(1, 2, 3), 4, new Rate(100, 1)))
                .hasMessageContaining("at least 6 channels")
                .hasMessageContaining("and 4"));
  }
}
