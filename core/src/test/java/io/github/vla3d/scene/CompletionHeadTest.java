package io.github.vla3d.scene;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.scene.completion.CompletionHead;
import io.github.vla3d.scene.completion.HiddenParts;
import io.github.vla3d.scene.instance.Targets;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.nn.Trace;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a head of completion points is trained on. */
class CompletionHeadTest {
  private static final int OBJECTS = 3;

  private static HiddenParts parts(long seed) {
    try (Generator random = new Generator(seed)) {
      return new HiddenParts(
          random.rand(DType.F32, 2, OBJECTS, 5, 3),
          random.rand(DType.F32, 2, OBJECTS),
          Tensors.of(new boolean[] {true, false, false, true, true, false}, 2, OBJECTS),
          Tensors.of(new boolean[] {true, true, false, true, true, true}, 2, OBJECTS));
    }
  }

  /** Points said as they are wanted in another order, shares as wanted: no loss. */
  @Test
  void whatIsWantedCostsNothing() {
    Scope.run(
        () -> {
          HiddenParts wanted = parts(1);
          Tensor turned =
              Tensors.cat(2, wanted.points().narrow(2, 2, 3), wanted.points().narrow(2, 0, 2));
          Tensor logits = wanted.shares().div(wanted.shares().neg().add(1)).log();
          CompletionHead.Loss none =
              CompletionHead.loss(new CompletionHead.Said(turned, logits), wanted);
          assertThat(none.points().item()).isCloseTo(0, within(1e-5));
          assertThat(none.share().item()).isCloseTo(0, within(1e-6));
          // All 3 mm along x, far less than points are apart: so far in each direction.
          CompletionHead.Loss moved =
              CompletionHead.loss(
                  new CompletionHead.Said(
                      turned.add(Tensors.of(new float[] {.003f, 0, 0}, 3)), logits),
                  wanted);
          assertThat(moved.points().item()).isCloseTo(0.006, within(1e-4));
          assertThat(moved.total().item())
              .isCloseTo(moved.points().item() + moved.share().item(), within(1e-7));
        });
  }

  @Test
  void partsFollowTheObjectOfAProbe() {
    Scope.run(
        () -> {
          HiddenParts all = parts(2);
          HiddenParts some = all.at(Tensors.of(new long[] {1, -1, 0, 2, 0, -1, 2, 1}, 2, 4));
          assertThat(some.known().toBooleans())
              .containsExactly(true, false, true, false, true, false, true, true);
          assertThat(some.occluded().toBooleans())
              .containsExactly(false, false, true, false, true, false, false, true);
          assertThat(some.points().select(0, 0).select(0, 2).toFloats())
              .isEqualTo(all.points().select(0, 0).select(0, 0).toFloats());
          assertThat(some.shares().select(0, 1).toFloats()[3])
              .isEqualTo(all.shares().select(0, 1).toFloats()[1]);
        });
  }

  /** It learns beside the rest and pulls at nothing else. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void theGradientEndsAtTheHead(long seed) {
    try (SceneModule module =
        Scenes.module(Scenes.config("scene.completion.source", "head"), seed)) {
      Scope.run(
          () -> {
            Targets targets = Scenes.targets(2, OBJECTS, 3, seed);
            Perception perception =
                module.perceive(
                    Scenes.input(2, 3, seed), Guidance.training(targets, null), Trace.NONE);
            module.completionHeadLoss(perception, parts(seed)).total().backward();
            module
                .parameters()
                .forEach(
                    (name, parameter) -> {
                      Tensor gradient = parameter.value().grad();
                      boolean moves =
                          gradient != null
                              && gradient
                                  .ne(Tensors.zeros(DType.F32, Device.CPU, gradient.shape()))
                                  .any()
                                  .itemBoolean();
                      assertThat(moves).as(name).isEqualTo(name.startsWith("completion_head."));
                    });
          });
    }
  }
}
