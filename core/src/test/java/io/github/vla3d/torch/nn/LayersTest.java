package io.github.vla3d.torch.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.GradientCheck;
import io.github.vla3d.torch.Precision;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.Torch;
import io.github.vla3d.torch.TorchException;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class LayersTest {
  private static Precision before = Precision.AUTO;

  @BeforeAll
  static void exact() {
    before = Torch.precision();
    Torch.precision(Precision.HIGHEST);
  }

  @AfterAll
  static void asBefore() {
    Torch.precision(before);
  }

  private static Arguments layer(
      Module module, Function<List<Tensor>, Tensor> function, long... shape) {
    return Arguments.of(module, function, shape);
  }

  static Stream<Arguments> layers() {
    Convolution padded = Convolution.DEFAULT.withStride(2).withPadding(1);
    Linear linear = new Linear(4, 3);
    Conv1d conv1d = new Conv1d(4, 6, 3, padded.withGroups(2));
    Conv2d conv2d = new Conv2d(4, 6, 3, padded.withGroups(2).withoutBias());
    ConvTranspose2d transposed = new ConvTranspose2d(4, 2, 2, Convolution.DEFAULT.withStride(2));
    LayerNorm layerNorm = new LayerNorm(5);
    GroupNorm groupNorm = new GroupNorm(2, 4, 1e-5);
    RmsNorm plain = RmsNorm.plain(5, 1e-6);
    RmsNorm gemma = RmsNorm.gemma(5, 1e-6);
    GatedMlp gated = new GatedMlp(4, 6, Activation.SILU);
    MultiHeadAttention self = attention(MultiHeadAttention.Layout.of(8, 2));
    MultiHeadAttention grouped = attention(new MultiHeadAttention.Layout(8, 6, 4, 2, 4, false));
    return Stream.of(
        layer(linear, x -> linear.apply(x.get(0)), 2, 4),
        layer(conv1d, x -> conv1d.apply(x.get(0)), 2, 4, 5),
        layer(conv2d, x -> conv2d.apply(x.get(0)), 2, 4, 5, 4),
        layer(transposed, x -> transposed.apply(x.get(0)), 1, 4, 3, 2),
        layer(layerNorm, x -> layerNorm.apply(x.get(0)), 2, 3, 5),
        layer(groupNorm, x -> groupNorm.apply(x.get(0)), 2, 4, 3),
        layer(plain, x -> plain.apply(x.get(0)), 2, 5),
        layer(gemma, x -> gemma.apply(x.get(0)), 2, 5),
        layer(gated, x -> gated.apply(x.get(0)), 2, 4),
        layer(self, x -> self.apply(x.get(0), mask(), HalfRotary.of(positions(), 4, 100)), 1, 3, 8),
        layer(
            grouped,
            x -> {
              Tensor context = x.get(0).narrow(-1, 0, 6).mul(2);
              Rotary rotary = HalfRotary.of(positions(), 4, 100);
              return grouped.apply(x.get(0), context, mask().not(), rotary, rotary);
            },
            1,
            3,
            8));
  }

  private static MultiHeadAttention attention(MultiHeadAttention.Layout layout) {
    return new MultiHeadAttention(layout, MultiHeadAttention.Names.PLAIN, Attention.EmptyRows.ZERO);
  }

  private static Tensor positions() {
    return Tensors.of(new long[] {3, 4, 9}, 1, 3);
  }

  /** The second query reads nothing. */
  private static Tensor mask() {
    return Tensors.of(
        new boolean[] {true, false, true, false, false, false, true, true, false}, 1, 1, 3, 3);
  }

  @ParameterizedTest
  @MethodSource("layers")
  void gradientsAreThoseOfDifferences(
      Module module, Function<List<Tensor>, Tensor> function, long[] shape) {
    try (module;
        Generator generator = new Generator(5)) {
      module.initialise(generator);
      Scope.run(() -> GradientCheck.module(module, function, generator.randn(DType.F64, shape)));
    }
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void gradientsOfActivations(Activation activation) {
    try (Mlp mlp = Mlp.numbered(activation, 4, 6, 3, 2);
        Generator generator = new Generator(6)) {
      mlp.initialise(generator);
      assertThat(mlp.parameters().keySet())
          .containsExactly("0.weight", "0.bias", "1.weight", "1.bias", "2.weight", "2.bias");
      Scope.run(
          () ->
              GradientCheck.module(
                  mlp, x -> mlp.apply(x.get(0)), generator.randn(DType.F64, 3, 4)));
    }
  }

  @Test
  void gradientsOfAttentionWithAddedMasksAndEmptyRows() {
    try (Generator generator = new Generator(7)) {
      Scope.run(
          () -> {
            Tensor mask =
                generator
                    .randn(DType.F64, 1, 1, 3, 3)
                    .maskedFill(mask().not(), Double.NEGATIVE_INFINITY);
            GradientCheck.function(
                x ->
                    Attention.apply(
                        x.get(0), x.get(1), x.get(2), mask, Double.NaN, Attention.EmptyRows.ZERO),
                generator.randn(DType.F64, 2, 4, 3, 2),
                generator.randn(DType.F64, 2, 2, 3, 2),
                generator.randn(DType.F64, 2, 2, 3, 5));
          });
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "BF16"})
  void aQueryWithoutKeysGivesZeros(DType dtype) {
    try (Generator generator = new Generator(8)) {
      Scope.run(
          () -> {
            Tensor x = generator.randn(dtype, 1, 2, 3, 4);
            Tensor y = Attention.apply(x, x, x, mask(), Double.NaN, Attention.EmptyRows.ZERO);
            assertThat(y.select(2, 1).abs().sum().item()).isZero();
            assertThat(y.isFinite().all().itemBoolean()).isTrue();
            assertThat(y.select(2, 0).abs().sum().item()).isPositive();
          });
    }
  }

  @Test
  void attentionIsItsFormula() {
    try (Generator generator = new Generator(9)) {
      Scope.run(
          () -> {
            Tensor q = generator.randn(DType.F32, 2, 4, 5, 8);
            Tensor k = generator.randn(DType.F32, 2, 2, 7, 8);
            Tensor v = generator.randn(DType.F32, 2, 2, 7, 3);
            Tensor keys = k.repeatInterleave(2, 1);
            Tensor wanted =
                q.matmul(keys.transpose(-1, -2))
                    .mul(0.3)
                    .softmax(-1)
                    .matmul(v.repeatInterleave(2, 1));
            Tensor got = Attention.apply(q, k, v, null, 0.3, Attention.EmptyRows.NONE);
            assertThat(got.sub(wanted).abs().amax(false).item()).isLessThan(1e-6);
            assertThatThrownBy(
                    () ->
                        Attention.apply(q.narrow(1, 0, 3), k, v, null, 1, Attention.EmptyRows.NONE))
                .isInstanceOf(TorchException.class)
                .hasMessageContaining("multiple of the 2 key heads, got 3");
          });
    }
  }

  @Test
  void rotatedProductsDependOnDistanceOnly() {
    try (Generator generator = new Generator(10)) {
      Scope.run(
          () -> {
            Tensor q = generator.randn(DType.F64, 1, 1, 3, 8);
            Tensor k = generator.randn(DType.F64, 1, 1, 3, 8);
            Tensor here = products(q, k, positions());
            Tensor there = products(q, k, positions().add(5));
            assertThat(here.sub(there).abs().amax(false).item()).isLessThan(1e-5);
            assertThat(here.sub(q.matmul(k.transpose(-1, -2))).abs().amax(false).item())
                .isGreaterThan(0.1);
          });
    }
  }

  private static Tensor products(Tensor q, Tensor k, Tensor positions) {
    Rotary rotary = HalfRotary.of(positions, 8, 100);
    return rotary.apply(q).matmul(rotary.apply(k).transpose(-1, -2));
  }

  @Test
  void bf16InputUnderFp32WeightsComputesInBf16AndGivesFp32Gradients() {
    try (Linear linear = new Linear(6, 4);
        Generator generator = new Generator(11)) {
      linear.initialise(generator);
      Scope.run(
          () -> {
            Tensor x = generator.randn(DType.BF16, 3, 6);
            Tensor y = linear.apply(x);
            assertThat(y.dtype()).isEqualTo(DType.BF16);
            Tensor weight = linear.weight().value().to(DType.BF16);
            Tensor bias = linear.parameters().values().stream().toList().get(1).value();
            assertThat(y.equal(Functional.linear(x, weight, bias.to(DType.BF16)))).isTrue();
            y.sum().backward();
            Tensor grad = linear.weight().grad();
            assertThat(grad).isNotNull();
            assertThat(grad.dtype()).isEqualTo(DType.F32);
          });
    }
  }

  @Test
  void thePaddingRowOfAnEmbeddingStaysOut() {
    try (Embedding embedding = new Embedding(5, 3, 2);
        Generator generator = new Generator(12)) {
      embedding.initialise(generator);
      Scope.run(
          () -> {
            Tensor y = embedding.apply(Tensors.of(new long[] {2, 4, 2}, 3));
            assertThat(y.select(0, 0).abs().sum().item()).isZero();
            y.sum().backward();
            Tensor grad = embedding.weight().grad();
            assertThat(grad).isNotNull();
            assertThat(grad.sum(false, 1).toFloats()).containsExactly(0, 0, 0, 0, 3);
          });
    }
  }
}
