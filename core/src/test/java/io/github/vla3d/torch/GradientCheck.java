package io.github.vla3d.torch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.vla3d.torch.nn.Module;
import io.github.vla3d.torch.nn.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Holds gradients against central differences in fp64. */
public final class GradientCheck {
  private static final double STEP = 1e-6;
  private static final double TOLERANCE = 1e-7;

  /** Elements tried per tensor, spread evenly. */
  private static final long TRIED = 8;

  private GradientCheck() {}

  /**
   * Checks the gradients of a module in fp64 with respect to its inputs and all its trainable
   * parameters. The module must be initialised; it is F64 afterwards.
   *
   * @param function that runs the module on the inputs
   */
  public static void module(
      Module module, Function<List<Tensor>, Tensor> function, Tensor... inputs) {
    module.to(DType.F64);
    List<Tensor> parameters = module.trainable().values().stream().map(Parameter::value).toList();
    check(function, parameters, inputs);
  }

  /** Checks the gradients of a function in fp64 with respect to its floating inputs. */
  public static void function(Function<List<Tensor>, Tensor> function, Tensor... inputs) {
    check(function, List.of(), inputs);
  }

  private static void check(
      Function<List<Tensor>, Tensor> function, List<Tensor> parameters, Tensor... inputs) {
    Scope.run(
        () -> {
          List<Tensor> all = new ArrayList<>();
          List<Tensor> leaves = new ArrayList<>(parameters);
          for (Tensor input : inputs) {
            boolean floating = input.dtype().isFloating();
            Tensor leaf = floating ? input.detach().to(DType.F64).copy() : input;
            all.add(leaf);
            if (floating) {
              leaves.add(leaf.requiresGrad_(true));
            }
          }
          Tensor y = function.apply(all);
          try (Generator generator = new Generator(77)) {
            Tensor weight = generator.randn(DType.F64, y.shape());
            List<Tensor> grads = Autograd.grads(List.of(y), List.of(weight), leaves, false);
            for (int i = 0; i < leaves.size(); i++) {
              compare(i, leaves.get(i), grads.get(i), () -> value(function, all, weight));
            }
          }
        });
  }

  private interface Value {
    double get();
  }

  private static double value(
      Function<List<Tensor>, Tensor> function, List<Tensor> inputs, Tensor weight) {
    return Autograd.noGrad(
        () -> Scope.call(scope -> function.apply(inputs).mul(weight).sum().item()));
  }

  private static void compare(int number, Tensor leaf, Tensor grad, Value value) {
    double[] got = grad.toDoubles();
    Tensor flat = leaf.detach().view(-1);
    double largest = grad.abs().amax(false).item();
    long stride = Math.max(1, got.length / TRIED);
    for (int i = 0; i < got.length; i += (int) stride) {
      Tensor element = flat.select(0, i);
      double x = element.item();
      element.fill_(x + STEP);
      double above = value.get();
      element.fill_(x - STEP);
      double below = value.get();
      element.fill_(x);
      assertThat(got[i])
          .as("gradient of tensor %d %s at element %d", number, leaf, i)
          .isCloseTo(
              (above - below) / (2 * STEP),
              org.assertj.core.api.Assertions.within(TOLERANCE * (1 + largest)));
    }
  }
}
