package io.github.vla3d.scene.instance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.GradientCheck;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.nn.Parameter;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DeformableAttentionTest {
  private final Generator generator = new Generator(11);
  private final DeformableAttention attention = new DeformableAttention(8, 2, 3, 2);

  @BeforeEach
  void anyWeights() {
    attention.initialise(generator);
    Scope.run(
        () -> {
          for (Parameter parameter : attention.parameters().values()) {
            Tensor value = parameter.value().detach();
            value.add_(generator.randn(DType.F32, parameter.shape()).mul(0.3));
          }
        });
  }

  @AfterEach
  void close() {
    attention.close();
    generator.close();
  }

  /** The example of 3dvla.md C.5. */
  @Test
  void theCoreGivesTheNumbersOfTheSpecification() {
    Scope.run(
        () -> {
          // value[s, h, c] = (4 s + 2 h + c) / 10, tokens 0..5 on the 2x3 map, 6..7 on the 1x2 map
          Tensor tokens = Tensors.arange(0, 32, 1, DType.F64, Device.CPU).div(10).view(8, 4);
          Tensor fine = tokens.narrow(0, 0, 6).transpose(0, 1).reshape(1, 4, 2, 3);
          Tensor coarse = tokens.narrow(0, 6, 2).transpose(0, 1).reshape(1, 4, 1, 2);
          double[] locations = {
            .5, .5, .25, .75, .5, .5, 1.1, .5, //
            0, 0, 1, 1, .25, .5, .75, .5
          };
          double[] weights = {.1, .2, .3, .4, .25, .25, .25, .25};
          Tensor out =
              DeformableAttention.sample(
                  List.of(fine, coarse),
                  Tensors.of(locations, 1, 1, 2, 2, 2, 2),
                  Tensors.of(weights, 1, 1, 2, 2, 2));
          assertThat(out.shape()).containsExactly(1, 1, 4);
          assertThat(out.toDoubles())
              .containsExactly(new double[] {1.476, 1.548, 1.55, 1.6125}, within(1e-12));
        });
  }

  private List<Tensor> maps(DType dtype, long pictures) {
    return List.of(
        generator.randn(dtype, pictures, 8, 4, 6),
        generator.randn(dtype, pictures, 8, 2, 3),
        generator.randn(dtype, pictures, 8, 1, 2));
  }

  @Test
  void gradientsAreThoseOfDifferences() {
    Scope.run(
        () -> {
          List<Tensor> maps = maps(DType.F64, 2);
          Tensor blank = Tensors.zeros(DType.BOOL, Device.CPU, 2, 4, 6);
          blank.select(0, 1).select(0, 2).fill_(1);
          List<Tensor> blanks =
              List.of(
                  blank,
                  Tensors.zeros(DType.BOOL, Device.CPU, 2, 2, 3),
                  Tensors.ones(DType.BOOL, Device.CPU, 2, 1, 2));
          GradientCheck.module(
              attention,
              x -> attention.apply(x.get(0), x.get(1), x.subList(2, 5), blanks),
              generator.randn(DType.F64, 1, 5, 8).mul(0.3),
              generator.rand(DType.F64, 2, 5, 2),
              maps.get(0),
              maps.get(1),
              maps.get(2));
        });
  }

  @Test
  void sharedQueryIsTheRepeatedOne() {
    Scope.run(
        () -> {
          Tensor query = generator.randn(DType.F32, 2, 5, 8);
          Tensor reference = generator.rand(DType.F32, 6, 5, 2);
          List<Tensor> maps = maps(DType.F32, 6);
          Tensor shared = attention.apply(query, reference, maps, null);
          Tensor own = attention.apply(query.repeatInterleave(3, 0), reference, maps, null);
          assertThat(shared.shape()).containsExactly(6, 5, 8);
          assertThat(largest(shared.sub(own))).isLessThan(1e-6);
        });
  }

  @Test
  void blankCellsReadAsNothingWhateverTheyHold() {
    Scope.run(
        () -> {
          Tensor query = generator.randn(DType.F32, 1, 5, 8);
          Tensor reference = generator.rand(DType.F32, 1, 5, 2);
          List<Tensor> maps = maps(DType.F32, 1);
          List<Tensor> all =
              maps.stream()
                  .map(map -> Tensors.ones(DType.BOOL, Device.CPU, 1, map.size(2), map.size(3)))
                  .toList();
          Tensor out = attention.apply(query, reference, maps, all);
          Tensor bias = weight(attention, "output.bias");
          assertThat(largest(out.sub(bias))).isEqualTo(0);

          Tensor left = Tensors.zeros(DType.BOOL, Device.CPU, 1, 4, 6);
          left.narrow(2, 0, 3).fill_(1);
          List<Tensor> blanks = List.of(left, all.get(1), all.get(2));
          Tensor before = attention.apply(query, reference, maps, blanks);
          maps.get(0).narrow(3, 0, 3).fill_(1e6);
          maps.get(1).fill_(-3e4);
          assertThat(attention.apply(query, reference, maps, blanks).equal(before)).isTrue();
        });
  }

  @Test
  void farAwayReadsOnlyTheBiasOfTheOutput() {
    Scope.run(
        () -> {
          Tensor reference = Tensors.full(2, DType.F32, Device.CPU, 1, 5, 2);
          weight(attention, "offsets.bias").fill_(0);
          weight(attention, "offsets.weight").fill_(0);
          Tensor out =
              attention.apply(
                  generator.randn(DType.F32, 1, 5, 8), reference, maps(DType.F32, 1), null);
          Tensor bias = weight(attention, "output.bias");
          assertThat(largest(out.sub(bias))).isEqualTo(0);
        });
  }

  @Test
  void halfPrecisionKeepsLocationsAndWeightsInFull() {
    Scope.run(
        () -> {
          Tensor query = generator.randn(DType.F32, 1, 5, 8);
          Tensor reference = generator.rand(DType.F32, 1, 5, 2);
          List<Tensor> maps = maps(DType.F32, 1);
          Tensor full = attention.apply(query, reference, maps, null);
          Tensor half =
              attention.apply(
                  query.to(DType.BF16),
                  reference,
                  maps.stream().map(map -> map.to(DType.BF16)).toList(),
                  null);
          assertThat(half.dtype()).isEqualTo(DType.BF16);
          assertThat(largest(half.to(DType.F32).sub(full))).isLessThan(0.05 * largest(full));
        });
  }

  @Test
  void headsLookAroundAtFirst() {
    try (DeformableAttention fresh = new DeformableAttention(16, 8, 1, 2)) {
      fresh.initialise(generator);
      Scope.run(
          () -> {
            float[] bias = weight(fresh, "offsets.bias").toFloats();
            float[][] ring = {{1, 0}, {1, 1}, {0, 1}, {-1, 1}, {-1, 0}, {-1, -1}, {0, -1}, {1, -1}};
            for (int head = 0; head < 8; head++) {
              float[] own = Arrays.copyOfRange(bias, 4 * head, 4 * head + 4);
              float x = ring[head][0];
              float y = ring[head][1];
              assertThat(own).containsExactly(new float[] {x, y, 2 * x, 2 * y}, within(1e-6f));
            }
            for (String zero : List.of("offsets.weight", "weights.weight", "weights.bias")) {
              assertThat(largest(weight(fresh, zero))).isEqualTo(0);
            }
            double bound = Math.sqrt(6.0 / 32);
            double most = largest(weight(fresh, "value.weight"));
            assertThat(most).isBetween(0.9 * bound, bound);
          });
    }
  }

  @Test
  void namesAreThoseOfTheCheckpoint() {
    assertThat(attention.parameters().keySet())
        .containsExactly(
            "offsets.weight",
            "offsets.bias",
            "weights.weight",
            "weights.bias",
            "value.weight",
            "value.bias",
            "output.weight",
            "output.bias");
  }

  @Test
  void badInputIsNamed() {
    assertThatThrownBy(() -> new DeformableAttention(10, 4, 3, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("width 10, heads 4");
    Scope.run(
        () -> {
          Tensor query = Tensors.zeros(1, 5, 8);
          Tensor reference = Tensors.zeros(2, 5, 2);
          List<Tensor> maps = maps(DType.F32, 2);
          assertThatThrownBy(() -> attention.apply(query, reference, maps.subList(0, 2), null))
              .isInstanceOf(TorchException.class)
              .hasMessageContaining("2 maps");
          assertThatThrownBy(() -> attention.apply(query, reference, maps(DType.F32, 1), null))
              .isInstanceOf(TorchException.class)
              .hasMessageContaining("map 0 as [2, 8, h, w]");
          List<Tensor> blanks = maps.stream().map(map -> map.select(1, 0).gt(0)).toList();
          List<Tensor> wrong = List.of(blanks.get(1), blanks.get(1), blanks.get(2));
          assertThatThrownBy(() -> attention.apply(query, reference, maps, wrong))
              .isInstanceOf(TorchException.class)
              .hasMessageContaining("blank 0 as [2, 4, 6]");
        });
  }

  private static Tensor weight(DeformableAttention attention, String name) {
    return Objects.requireNonNull(attention.parameters().get(name)).value().detach();
  }

  private static double largest(Tensor x) {
    return Scope.call(scope -> x.detach().abs().amax(false).item());
  }
}
