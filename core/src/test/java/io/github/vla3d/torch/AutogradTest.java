package io.github.vla3d.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.torch.nn.Linear;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AutogradTest {
  @Test
  void noGradRecordsNothingAndEnableGradDoes() {
    Scope.run(
        () -> {
          Tensor w = Tensors.ones(2).requiresGrad_(true);
          assertThat(w.mul(2).requiresGrad()).isTrue();
          assertThat(Autograd.noGrad(() -> w.mul(2)).requiresGrad()).isFalse();
          assertThat(Autograd.noGrad(() -> Autograd.enableGrad(() -> w.mul(2))).requiresGrad())
              .isTrue();
          assertThat(Autograd.isRecording()).isTrue();
        });
  }

  @Test
  void gradsByValueLeaveStoredOnesAlone() {
    Scope.run(
        () -> {
          Tensor x = Tensors.of(new double[] {2}, 1).requiresGrad_(true);
          Tensor unused = Tensors.ones(3).requiresGrad_(true);
          Tensor y = x.pow(3).sum();
          List<Tensor> first = Autograd.grads(y, List.of(x, unused), true);
          assertThat(first.get(0).item()).isEqualTo(12);
          assertThat(first.get(1).toFloats()).containsExactly(0, 0, 0);
          Tensor second = Autograd.grads(first.get(0).sum(), List.of(x), false).get(0);
          assertThat(second.item()).isEqualTo(12);
          assertThat(x.grad()).isNull();
        });
  }

  /** x * y with a derivative that is wrong on purpose by factors 10 and 100. */
  private static final Autograd.Differentiable PRODUCT =
      new Autograd.Differentiable() {
        @Override
        public Tensor forward(List<Tensor> inputs) {
          return inputs.get(0).mul(inputs.get(1));
        }

        @Override
        public List<? extends @Nullable Tensor> backward(List<Tensor> inputs, Tensor gradient) {
          return List.of(gradient.mul(inputs.get(1)).mul(10), gradient.mul(inputs.get(0)).mul(100));
        }
      };

  @Test
  void aCustomFunctionUsesItsOwnDerivative() {
    Scope.run(
        () -> {
          Tensor x = Tensors.of(new float[] {1, Float.NaN, 3}, 3).requiresGrad_(true);
          Tensor y = Tensors.of(new float[] {4, 5, 6}, 3).requiresGrad_(true);
          Tensor z = Scope.tensor(() -> Autograd.custom(PRODUCT, x.mul(1), y));
          assertThat(z.toFloats()).containsExactly(4, Float.NaN, 18);
          z.mul(2).sum().backward();
          assertThat(grad(x)).containsExactly(80, 100, 120);
          assertThat(grad(y)).containsExactly(200, Float.NaN, 600);
        });
  }

  @Test
  void aCustomFunctionOfAConstantAndAVariable() {
    Scope.run(
        () -> {
          Tensor x = Tensors.of(new float[] {1, 2}, 2);
          Tensor y = Tensors.of(new float[] {3, 4}, 2).requiresGrad_(true);
          Tensor z = Autograd.custom(PRODUCT, x, y);
          assertThat(Autograd.grads(z.sum(), List.of(y), false).get(0).toFloats())
              .containsExactly(100, 200);
          assertThat(Autograd.noGrad(() -> Autograd.custom(PRODUCT, x, y)).requiresGrad())
              .isFalse();
        });
  }

  @Test
  void aCustomFunctionIsDifferentiatedOnce() {
    Scope.run(
        () -> {
          Tensor x = Tensors.ones(2).requiresGrad_(true);
          Tensor z = Autograd.custom(PRODUCT, x, x).sum();
          assertThatThrownBy(() -> Autograd.grads(z, List.of(x), true))
              .isInstanceOf(TorchException.class)
              .hasMessageContaining("cannot be differentiated twice");
        });
  }

  @Test
  void exceptionsOfHooksComeOutAsTheyAre() {
    IllegalStateException mine = new IllegalStateException("mine", new Exception("cause"));
    Scope.run(
        () -> {
          Tensor x = Tensors.ones(2).requiresGrad_(true);
          try (Autograd.Hook hook =
              Autograd.onGradient(
                  x,
                  g -> {
                    throw mine;
                  })) {
            assertThatThrownBy(() -> x.sum().backward()).isSameAs(mine);
            assertThatThrownBy(
                    () -> Autograd.checkpoint(t -> t.mul(x), Tensors.ones(2)).sum().backward())
                .isSameAs(mine);
          }
          x.sum().backward();
          assertThat(grad(x)).containsExactly(1, 1);
        });
  }

  @Test
  void gradientsAreSeenWholeAndOncePerPass() {
    List<String> seen = new ArrayList<>();
    Scope.run(
        () -> {
          Tensor x = Tensors.ones(2).requiresGrad_(true);
          try (Autograd.Hook hook =
              Autograd.onGradient(x, g -> seen.add(Arrays.toString(g.mul(2).toFloats())))) {
            x.mul(2).add(x.mul(3)).sum().backward();
          }
          x.sum().backward();
        });
    assertThat(seen).containsExactly("[10.0, 10.0]");
  }

  @Test
  void anomaliesNameTheOperation() {
    Scope.run(
        () -> {
          Tensor x = Tensors.zeros(1).requiresGrad_(true);
          assertThatThrownBy(
                  () ->
                      Autograd.detectAnomaly(
                          () -> {
                            x.mul(0).sqrt().mul(0).sum().backward();
                            return true;
                          }))
              .isInstanceOf(TorchException.class)
              .hasMessageContaining("SqrtBackward0");
        });
  }

  @Test
  void checkpointedGradientsAreThoseOfThePlainRun() {
    assertThat(gradients(true)).isDeepEqualTo(gradients(false));
  }

  private static float[][] gradients(boolean checkpoint) {
    try (Generator generator = new Generator(3);
        Linear first = new Linear(6, 6);
        Linear second = new Linear(6, 6)) {
      first.initialise(generator);
      second.initialise(generator);
      return Scope.call(
          scope -> {
            Tensor x = generator.randn(DType.F32, 4, 6);
            Tensor scale = generator.randn(DType.F32, 6).requiresGrad_(true);
            // Two stacked blocks with dropout; the input of the first is a constant.
            UnaryOperator<Tensor> a =
                t -> Functional.dropout(Functional.gelu(first.apply(t)), 0.3, generator);
            Autograd.Body b = t -> second.apply(t.get(0).mul(t.get(1))).tanh();
            Tensor y;
            if (checkpoint) {
              Tensor h = Scope.tensor(() -> Autograd.checkpoint(a, x, generator));
              y = Scope.tensor(() -> Autograd.checkpoint(b, List.of(h, scale)));
            } else {
              y = b.apply(List.of(a.apply(x), scale));
            }
            y.square().sum().backward();
            float[] next = generator.randn(DType.F32, 2).toFloats();
            return new float[][] {
              grad(first.weight().value()), grad(second.weight().value()), grad(scale), next
            };
          });
    }
  }

  @Test
  void checkpointsNest() {
    Scope.run(
        () -> {
          Tensor w = Tensors.of(new float[] {2, 3}, 2).requiresGrad_(true);
          UnaryOperator<Tensor> inner = t -> t.mul(w);
          UnaryOperator<Tensor> outer =
              t -> Autograd.checkpoint(inner, Autograd.checkpoint(inner, t));
          Autograd.checkpoint(outer, Tensors.ones(2)).sum().backward();
          assertThat(grad(w)).containsExactly(4, 6); // d(w^2)/dw
        });
  }

  @Test
  void gradsRefusesCheckpointedParameters() {
    Scope.run(
        () -> {
          Tensor x = Tensors.ones(2).requiresGrad_(true);
          Tensor y = Autograd.checkpoint(Tensor::exp, x).sum();
          assertThatThrownBy(() -> Autograd.grads(y, List.of(x), false))
              .hasMessageContaining("use backward");
        });
  }

  @Test
  void aGraphThatLeavesItsScopeInPlaceKeepsItsHooks() {
    Scope.run(
        () -> {
          Tensor w = Tensors.ones(2).requiresGrad_(true);
          Tensor total = Tensors.zeros(2);
          for (int i = 0; i < 100; i++) {
            Scope.run(() -> total.add_(Autograd.checkpoint(t -> t.mul(w), Tensors.ones(2))));
            Scope.run(
                () ->
                    total
                        .view(2, 1)
                        .add_(Autograd.checkpoint(t -> t.mul(w), Tensors.ones(2)).view(2, 1)));
          }
          System.gc();
          total.sum().backward();
          assertThat(grad(w)).containsExactly(200, 200);
        });
  }

  @Test
  void aStoreKeepsNoGraph() {
    try (Store store = new Store()) {
      Scope.run(
          () -> {
            Tensor w = Tensors.ones(2).requiresGrad_(true);
            assertThatThrownBy(() -> store.put(w.mul(2))).hasMessageContaining("detach");
            store.put(w);
            Tensor cache = store.put(Tensors.ones(2));
            assertThatThrownBy(() -> cache.mul_(w)).hasMessageContaining("keeps no graphs");
          });
    }
  }

  private static float[] grad(Tensor leaf) {
    Tensor grad = leaf.grad();
    assertThat(grad).isNotNull();
    return grad.toFloats();
  }
}
