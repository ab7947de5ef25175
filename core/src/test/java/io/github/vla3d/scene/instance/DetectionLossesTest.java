package io.github.vla3d.scene.instance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.GradientCheck;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** The numbers are those of 3dvla.md C.5. */
class DetectionLossesTest {
  @Test
  void focalCost() {
    Scope.run(
        () -> {
          Tensor logits = Tensors.of(new double[] {-2, 0, 1.5}, 3);
          assertThat(DetectionLosses.focalCost(logits).toDoubles())
              .containsExactly(new double[] {.411167, -.086643, -.851278}, within(1e-6));
          // The loss of an object is the first part of the cost.
          assertThat(DetectionLosses.focal(logits, Tensors.ones(3).to(DType.F64)).toDoubles())
              .containsExactly(new double[] {.41252, .043322, .001676}, within(1e-6));
        });
  }

  @Test
  void boxes() {
    Scope.run(
        () -> {
          Tensor a = Tensors.of(new double[] {.4, .4, .4, .4}, 1, 4);
          Tensor b = Tensors.of(new double[] {.65, .5, .5, .4, .4, .4, .4, .4}, 2, 4);
          assertThat(Boxes.corners(b).select(0, 0).toDoubles())
              .containsExactly(new double[] {.4, .3, .9, .7}, within(1e-12));
          assertThat(Boxes.centres(Boxes.corners(b)).toDoubles())
              .containsExactly(b.toDoubles(), within(1e-12));
          assertThat(DetectionLosses.pairwiseGiou(a, b).toDoubles())
              .containsExactly(new double[] {.057143, 1}, within(1e-6));
          assertThat(DetectionLosses.pairwiseIou(a, b).toDoubles())
              .containsExactly(new double[] {.2, 1}, within(1e-12));
          assertThat(DetectionLosses.giou(a.expand(2, 4), b).toDoubles())
              .isEqualTo(DetectionLosses.pairwiseGiou(a, b).toDoubles());
        });
  }

  @Test
  void pairwiseHasARowForEachOfTheFirst() {
    Scope.run(
        () -> {
          try (Generator generator = new Generator(2)) {
            Tensor a = generator.rand(DType.F64, 3, 4);
            Tensor b = generator.rand(DType.F64, 5, 4);
            Tensor all = DetectionLosses.pairwiseGiou(a, b);
            assertThat(all.shape()).containsExactly(3, 5);
            Tensor one = DetectionLosses.giou(a.select(0, 2), b.select(0, 1));
            assertThat(all.select(0, 2).select(0, 1).item()).isEqualTo(one.item());
            Tensor iou = DetectionLosses.pairwiseIou(a, b);
            assertThat(iou.sub(all).amin(false).item()).isGreaterThanOrEqualTo(0);
          }
        });
  }

  @Test
  void masks() {
    Scope.run(
        () -> {
          Tensor logits = Tensors.of(new double[] {2, -1, .5, -3}, 1, 4);
          Tensor targets = Tensors.of(new double[] {1, 0, 1, 1}, 1, 4);
          assertThat(DetectionLosses.maskCrossEntropy(logits, targets).toDoubles())
              .containsExactly(new double[] {.990714}, within(1e-6));
          assertThat(DetectionLosses.dice(logits, targets).toDoubles())
              .containsExactly(new double[] {.295253}, within(1e-6));
        });
  }

  @Test
  void extremesStayFinite() {
    Scope.run(
        () -> {
          Tensor logits = Tensors.of(new float[] {-500, -90, 90, 500}, 4).requiresGrad_(true);
          Tensor targets = Tensors.of(new float[] {1, 1, 0, 0}, 4);
          Tensor boxes = Tensors.of(new float[] {.5f, .5f, 0, 0}, 1, 4).requiresGrad_(true);
          Tensor sum =
              DetectionLosses.focal(logits, targets)
                  .sum()
                  .add(DetectionLosses.focalCost(logits).sum())
                  .add(DetectionLosses.maskCrossEntropy(logits, targets))
                  .add(DetectionLosses.dice(logits, targets))
                  .add(DetectionLosses.giou(boxes, boxes.detach()).sum());
          sum.backward();
          assertThat(sum.isFinite().itemBoolean()).isTrue();
          for (Tensor leaf : new Tensor[] {logits, boxes}) {
            assertThat(Objects.requireNonNull(leaf.grad()).isFinite().all().itemBoolean()).isTrue();
          }
        });
  }

  @Test
  void gradientsAreThoseOfDifferences() {
    Scope.run(
        () -> {
          try (Generator generator = new Generator(3)) {
            Tensor logits = generator.randn(DType.F64, 3, 7).mul(2);
            Tensor targets = generator.rand(DType.F64, 3, 7).detach();
            Tensor hard = targets.gt(0.5).to(DType.F64);
            GradientCheck.function(x -> DetectionLosses.focal(x.get(0), hard), logits);
            GradientCheck.function(x -> DetectionLosses.focalCost(x.get(0)), logits);
            GradientCheck.function(
                x -> DetectionLosses.maskCrossEntropy(x.get(0), targets), logits);
            GradientCheck.function(x -> DetectionLosses.dice(x.get(0), targets), logits);
            Tensor a = generator.rand(DType.F64, 4, 4);
            Tensor b = generator.rand(DType.F64, 5, 4);
            GradientCheck.function(x -> DetectionLosses.pairwiseGiou(x.get(0), x.get(1)), a, b);
            GradientCheck.function(x -> DetectionLosses.pairwiseIou(x.get(0), x.get(1)), a, b);
          }
        });
  }
}
