package io.github.vla3d.scene.instance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.scene.Scenes;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.input.Placement;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import org.junit.jupiter.api.Test;

/** Eq. (2) and (4); numbers are those of 3dvla.md C.5. */
class ProjectionTest {
  private static Placement camera() {
    double[] k = {270, 0, 112, 0, 270, 112, 0, 0, 1};
    double[] pose = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1};
    Tensor none = Tensors.zeros(1);
    return new Placement(
        Tensors.zeros(DType.F64, Device.CPU, 1, 1, 224, 224),
        Tensors.of(k, 1, 1, 3, 3),
        Tensors.of(pose, 1, 1, 4, 4),
        Tensors.ones(DType.BOOL, Device.CPU, 1, 1),
        none,
        none,
        none,
        none,
        none);
  }

  @Test
  void projection() {
    Scope.run(
        () -> {
          Tensor points = Tensors.of(new double[] {.1, -.05, .2, 0, 0, -1.5}, 1, 2, 3);
          Projection projection = Projection.of(points, camera(), 0.05);
          assertThat(projection.depth().toDoubles())
              .containsExactly(new double[] {1.2, -.5}, within(1e-9));
          assertThat(projection.raw().toDoubles())
              .containsExactly(new double[] {.600446, .449777, -5, -5}, within(1e-6));
          assertThat(projection.raw().mul(224).toDoubles())
              .containsExactly(new double[] {134.5, 100.75, -1120, -1120}, within(1e-6));
          assertThat(projection.valid().toBooleans()).containsExactly(true, false);
          // All later use is of u.
          assertThat(projection.u().toDoubles())
              .containsExactly(new double[] {.600446, .449777, -1, -1}, within(1e-6));
        });
  }

  /** Eq. (4): p + alpha tanh(.) moves by at most alpha, and the layers' shares add up to 0.6 m. */
  @Test
  void refinementIsBounded() {
    Scope.run(
        () -> {
          Tensor x = Tensors.of(new double[] {-2, 0, .5, 10}, 4);
          assertThat(x.tanh().mul(0.1).toDoubles())
              .containsExactly(new double[] {-.096403, 0, .046212, .1}, within(1e-6));
        });
    SceneConfig six = io.github.vla3d.scene.config.Preset.of("paper").scene();
    SceneConfig three = io.github.vla3d.scene.config.Preset.of("lite").scene();
    assertThat(six.alpha()).isCloseTo(0.1, within(1e-12));
    assertThat(three.alpha()).isCloseTo(0.2, within(1e-12));
    assertThat(Scenes.config().alpha()).isCloseTo(0.3, within(1e-12));
  }
}
