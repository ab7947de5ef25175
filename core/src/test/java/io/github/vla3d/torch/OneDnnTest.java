package io.github.vla3d.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.torch.nn.Activation;
import io.github.vla3d.torch.nn.Linear;
import io.github.vla3d.torch.nn.Parameter;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class OneDnnTest {
  private static final long IN = 96;
  private static final long OUT = 160;

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

  private static double error(Tensor y, Tensor exact) {
    Tensor wide = y.to(DType.F64);
    return wide.sub(exact).norm().item() / exact.norm().item();
  }

  /** The map in fp64. */
  private static Tensor exact(Tensor x, Tensor weight, Tensor bias) {
    return Functional.linear(x.to(DType.F64), weight.to(DType.F64), bias.to(DType.F64));
  }

  private static Tensor exact(Tensor x, Linear linear) {
    Parameter bias = Objects.requireNonNull(linear.bias());
    return exact(x, linear.weight().value(), bias.value());
  }

  private static Tensor gradient(Tensor leaf) {
    return Objects.requireNonNull(leaf.grad());
  }

  @Test
  void isThereForFp32() {
    Torch.start();
    assertThat(OneDnn.of(DType.F32) != null).isEqualTo(torch.hasMKLDNN());
    assertThat(OneDnn.of(DType.F64)).isNull();
    assertThat(OneDnn.of(DType.I64)).isNull();
  }

  @ParameterizedTest
  @CsvSource({"1, 300, 1", "3, 70, 1", "2, 5, 20", "1, 2, 1"})
  void largeAndSmallMapsOfAnyShapeAreExact(long a, long b, long c) {
    try (Generator generator = new Generator(a * 100 + b)) {
      Scope.run(
          () -> {
            Tensor x = generator.randn(DType.F32, a, b, c, IN);
            Tensor weight = generator.randn(DType.F32, OUT, IN);
            Tensor bias = generator.randn(DType.F32, OUT);
            Tensor y = Functional.linear(x, weight, bias);
            assertThat(y.shape()).containsExactly(a, b, c, OUT);
            assertThat(error(y, exact(x, weight, bias))).isLessThan(1e-6);
            Tensor active = Functional.linearGeluTanh(x, weight, bias);
            assertThat(error(active, Functional.geluTanh(exact(x, weight, bias)))).isLessThan(1e-6);
          });
    }
  }

  @Test
  void viewsAreReadAsWhatTheyShow() {
    try (Generator generator = new Generator(4)) {
      Scope.run(
          () -> {
            Tensor x = generator.randn(DType.F32, IN, 300).transpose(0, 1);
            Tensor weight = generator.randn(DType.F32, IN, OUT).transpose(0, 1);
            Tensor wide = generator.randn(DType.F32, OUT, 2 * IN).narrow(1, IN, IN);
            Tensor rows = generator.randn(DType.F32, 2 * OUT, IN).narrow(0, OUT, OUT);
            Tensor bias = generator.randn(DType.F32, 2 * OUT).narrow(0, OUT, OUT);
            for (Tensor w : new Tensor[] {weight, wide, rows}) {
              assertThat(error(Functional.linear(x, w, bias), exact(x, w, bias))).isLessThan(1e-6);
            }
          });
    }
  }

  /** What is derived takes the engine's own way, and gradients are what they were. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void gradientsFlow(boolean active) {
    BiFunction<Tensor, Tensor, Tensor> map =
        (x, w) -> active ? Functional.linearGeluTanh(x, w, null) : Functional.linear(x, w, null);
    try (Generator generator = new Generator(5)) {
      Scope.run(
          () -> {
            Tensor weight = generator.randn(DType.F32, OUT, IN).requiresGrad_(true);
            Tensor x = generator.randn(DType.F32, 300, IN);
            Tensor y = map.apply(x, weight);
            assertThat(y.requiresGrad()).isTrue();
            y.sum().backward();
            Tensor wide = weight.detach().to(DType.F64).requiresGrad_(true);
            map.apply(x.to(DType.F64), wide).sum().backward();
            assertThat(error(gradient(weight), gradient(wide))).isLessThan(1e-5);
            Tensor input = x.detach().copy().requiresGrad_(true);
            assertThat(map.apply(input, weight.detach()).requiresGrad()).isTrue();
            assertThat(map.apply(x, weight.detach()).requiresGrad()).isFalse();
          });
    }
  }

  @Test
  void shapesThatDoNotFitAreRefusedAsByTheEngine() {
    try (Generator generator = new Generator(6)) {
      Scope.run(
          () -> {
            Tensor x = generator.randn(DType.F32, 300, IN + 1);
            Tensor weight = generator.randn(DType.F32, OUT, IN);
            assertThatThrownBy(() -> Functional.linear(x, weight, null))
                .isInstanceOf(TorchException.class);
            Tensor wrong = generator.randn(DType.F32, OUT + 1);
            Tensor fits = generator.randn(DType.F32, 300, IN);
            assertThatThrownBy(() -> Functional.linear(fits, weight, wrong))
                .isInstanceOf(TorchException.class);
          });
    }
  }

  /** bf16 rounds the result alone, to 2^-9; with GELU the sum is not rounded before. */
  @Test
  void bf16IsAsExactAsItsType() {
    try (Generator generator = new Generator(7)) {
      Scope.run(
          () -> {
            Tensor x = generator.randn(DType.BF16, 300, IN);
            Tensor weight = generator.randn(DType.BF16, OUT, IN);
            Tensor bias = generator.randn(DType.BF16, OUT);
            Tensor y = Functional.linearGeluTanh(x, weight, bias);
            assertThat(y.dtype()).isEqualTo(DType.BF16);
            double allowed = OneDnn.of(DType.BF16) != null ? 0x1p-9 : 0x1p-8;
            assertThat(error(y, Functional.geluTanh(exact(x, weight, bias)))).isLessThan(allowed);
          });
    }
  }

  private static Linear frozen(Generator generator, DType dtype) {
    Linear linear = new Linear(256, 512);
    linear.initialise(generator, dtype, Device.CPU);
    linear.freeze(name -> true);
    return linear;
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void packedWeightsGiveTheSame(DType dtype) {
    try (Generator generator = new Generator(8);
        Linear linear = frozen(generator, dtype)) {
      Scope.run(
          () -> {
            Tensor x = generator.randn(dtype, 1, 10, 256);
            Tensor plain = linear.apply(x);
            linear.pack(10);
            Tensor packed = linear.apply(x);
            Tensor exact = exact(x, linear);
            double allowed = dtype == DType.F32 ? 1e-6 : 0x1p-8;
            assertThat(error(plain, exact)).isLessThan(allowed);
            assertThat(error(packed, exact)).isLessThan(allowed);
            // Another number of rows takes the weight itself.
            Tensor more = generator.randn(dtype, 11, 256);
            assertThat(error(linear.apply(more), exact(more, linear))).isLessThan(allowed);
          });
    }
  }

  @Test
  void packedWeightsAreNotUsedWhenTheWeightHasChanged() {
    try (Generator generator = new Generator(9);
        Linear linear = frozen(generator, DType.F32)) {
      Scope.run(
          () -> {
            Tensor x = generator.randn(DType.F32, 10, 256);
            linear.pack(10);
            Autograd.noGrad(() -> linear.weight().value().mul_(2));
            assertThat(error(linear.apply(x), exact(x, linear))).isLessThan(1e-6);
            linear.pack(10);
            assertThat(error(linear.apply(x), exact(x, linear))).isLessThan(1e-6);
            Tensor weight = generator.randn(DType.F32, 512, 256);
            Tensor bias = generator.randn(DType.F32, 512);
            linear.load(
                Weights.of("test", Map.of("weight", weight, "bias", bias)), null, Device.CPU);
            assertThat(error(linear.apply(x), exact(x, weight, bias))).isLessThan(1e-6);
          });
    }
  }

  /** The optimiser's fused kernel does not count what it writes by itself. */
  @Test
  void packedWeightsAreNotUsedAfterAnOptimiserHasWritten() {
    try (Generator generator = new Generator(12);
        Linear linear = frozen(generator, DType.F32)) {
      Scope.run(
          () -> {
            linear.pack(10);
            Tensor weight = linear.weight().value();
            Tensor before = weight.copy();
            Tensor gradient = generator.randn(DType.F32, 512, 256);
            Tensor mean = Tensors.zeros(512, 256);
            Tensor square = Tensors.zeros(512, 256);
            Fused.adamW(weight, gradient, mean, square, Tensors.zeros(), 0.1, 0.9, 0.999, 0, 1e-8);
            assertThat(weight.sub(before).abs().amax(false, 0, 1).item()).isGreaterThan(0.05);
            Tensor x = generator.randn(DType.F32, 10, 256);
            assertThat(error(linear.apply(x), exact(x, linear))).isLessThan(1e-6);
          });
    }
  }

  @Test
  void packingAndTrainingDoNotMeet() {
    try (Generator generator = new Generator(10);
        Linear linear = frozen(generator, DType.F32)) {
      Scope.run(
          () -> {
            Tensor x = generator.randn(DType.F32, 10, 256);
            linear.pack(10);
            // Guidance derives the actions: the packed map has no derivative, so it is not taken.
            Tensor input = x.detach().copy().requiresGrad_(true);
            linear.apply(input).sum().backward();
            assertThat(
                    error(
                        gradient(input),
                        linear.weight().value().to(DType.F64).sum(false, 0).expand(10, 256)))
                .isLessThan(1e-5);
            linear.unfreeze(name -> true);
            linear.pack(10);
            linear.apply(x).sum().backward();
            assertThat(linear.weight().grad()).isNotNull();
          });
    }
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void aLinearMapWithItsActivationIsBoth(Activation activation) {
    try (Generator generator = new Generator(11);
        Linear linear = frozen(generator, DType.F32)) {
      Scope.run(
          () -> {
            Tensor x = generator.randn(DType.F32, 300, 256);
            Tensor both = linear.apply(x, activation);
            assertThat(error(both, activation.apply(linear.apply(x)).to(DType.F64)))
                .isLessThan(1e-6);
          });
    }
  }
}
