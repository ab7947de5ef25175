package io.github.vla3d.scene.completion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.scene.Scenes;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.GradientCheck;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Eq. (11) to (13); numbers are those of 3dvla.md C.5. */
class SelfSupervisedLossTest {
  private static SceneConfig.Ssl ssl(SceneConfig.Gamma gamma) {
    return Scenes.config("scene.ssl.gamma", gamma == SceneConfig.Gamma.ONE ? "one" : "target")
        .ssl();
  }

  /** Eq. (11), first term, and Eq. (12). */
  @Test
  void reconstructionAndCosine() {
    Scope.run(
        () -> {
          Tensor y = Tensors.of(new double[] {.5, -2, 1}, 1, 3);
          Tensor target = Tensors.of(new double[] {0, 0, 1}, 1, 3);
          SelfSupervisedLoss loss = SelfSupervisedLoss.of(y, target, ssl(SceneConfig.Gamma.ONE));
          assertThat(loss.recon().item()).isCloseTo(.541667, within(1e-6));
          assertThat(loss.cos().item()).isCloseTo(.563564, within(1e-6));
          // A single row has no variance.
          assertThat(loss.var().item()).isEqualTo(0);
          assertThat(loss.total().item()).isCloseTo(.541667 + .563564, within(2e-6));
        });
  }

  /** Eq. (13). */
  @Test
  void variance() {
    Scope.run(
        () -> {
          Tensor y = Tensors.of(new double[] {0, 1, .5, .2, -1, .5, .4, 0, .5}, 3, 3);
          SelfSupervisedLoss loss = SelfSupervisedLoss.of(y, y, ssl(SceneConfig.Gamma.ONE));
          assertThat(loss.targetSpread().toDoubles())
              .containsExactly(new double[] {.20025, 1.00005, .01}, within(1e-5));
          assertThat(loss.var().item()).isCloseTo(.596583, within(1e-6));
          assertThat(loss.total().item()).isCloseTo(5.96583, within(1e-5));
          // A perfect prediction costs nothing where the targets' own spread is asked for.
          SelfSupervisedLoss remedy = SelfSupervisedLoss.of(y, y, ssl(SceneConfig.Gamma.TARGET));
          assertThat(remedy.total().item()).isCloseTo(0, within(1e-7));
        });
  }

  @Test
  void noRowsCostNothing() {
    Scope.run(
        () -> {
          Tensor none = Tensors.zeros(0, 3);
          for (SceneConfig.Gamma gamma : SceneConfig.Gamma.values()) {
            assertThat(SelfSupervisedLoss.of(none, none, ssl(gamma)).total().item()).isEqualTo(0);
          }
        });
  }

  @ParameterizedTest
  @EnumSource(SceneConfig.Gamma.class)
  void gradientsAreThoseOfDifferences(SceneConfig.Gamma gamma) {
    Scope.run(
        () -> {
          try (Generator generator = new Generator(9)) {
            Tensor target = generator.randn(DType.F64, 11, 6).mul(0.7);
            GradientCheck.function(
                x -> SelfSupervisedLoss.of(x.get(0), target, ssl(gamma)).total(),
                generator.randn(DType.F64, 11, 6).mul(0.5));
          }
        });
  }
}
