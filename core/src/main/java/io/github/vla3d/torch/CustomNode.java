package io.github.vla3d.torch;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * One application of a function with its own derivative, made of two kinds of hooks because the
 * engine's own extension point is not reachable from Java. A hook on the value catches the gradient
 * that arrives there. Each input that needs a gradient is tied to the value by the sum of an empty
 * part of it, which is exactly 0 whatever the input holds; a hook on that tie replaces its gradient
 * (zeros) by the true one.
 */
final class CustomNode {
  private final Autograd.Differentiable function;

  /** What the backward pass reads. */
  private final Store saved = new Store();

  private final List<Pointer> hooks = new ArrayList<>();
  private final List<Tensor> inputs = new ArrayList<>();
  private @Nullable Tensor gradient;
  private @Nullable List<? extends @Nullable Tensor> grads;

  private CustomNode(Autograd.Differentiable function) {
    this.function = function;
  }

  /**
   * @param more tensors that the function reads again on the way back
   */
  static Tensor apply(Autograd.Differentiable function, List<Tensor> inputs, List<Tensor> more) {
    boolean needed = inputs.stream().anyMatch(Tensor::requiresGrad) && Autograd.isRecording();
    if (!needed) {
      return Autograd.noGrad(() -> function.forward(detached(inputs)));
    }
    return Scope.call(
        scope -> {
          CustomNode node = new CustomNode(function);
          scope.afterGraph(node::close);
          more.forEach(node.saved::put);
          for (Tensor input : detached(inputs)) {
            node.inputs.add(node.saved.put(input));
          }
          return scope.keep(node.value(inputs));
        });
  }

  private static List<Tensor> detached(List<Tensor> tensors) {
    return tensors.stream().map(Tensor::detach).toList();
  }

  private Tensor value(List<Tensor> inputs) {
    Tensor y = Autograd.noGrad(() -> Scope.tensor(() -> fresh(function.forward(this.inputs))));
    for (int i = 0; i < inputs.size(); i++) {
      Tensor input = inputs.get(i);
      if (input.requiresGrad()) {
        int number = i;
        Tensor tie = input.alias();
        Tensor nothing = tie.dim() == 0 ? tie.view(1) : tie;
        y.add_(nothing.narrow(0, 0, 0).sum().to(y.dtype()).to(y.device()));
        Hooks.Replace replace = new Hooks.Replace(zeros -> grad(number, zeros));
        tie.raw().register_hook(hold(replace));
      }
    }
    Hooks.Watch watch = new Hooks.Watch(this::arrived);
    y.raw().register_hook(hold(watch));
    return y;
  }

  /** The value is changed in place (by adding 0), so it must not be an input or a parameter. */
  private Tensor fresh(Tensor y) {
    if (!y.dtype().isFloating()) {
      throw new TorchException("a function with a gradient: wanted a floating value, got " + y);
    }
    boolean alias =
        y.requiresGrad() || y.raw().is_view() || inputs.stream().anyMatch(y::sharesStorageWith);
    return alias || y.owner() != Scope.current() ? y.copy() : y;
  }

  private <T extends Pointer> T hold(T hook) {
    hook.retainReference();
    hooks.add(hook);
    return hook;
  }

  private void arrived(Tensor gradient) {
    if (this.gradient != null) {
      throw new TorchException("a function with its own derivative: one backward pass only");
    }
    this.gradient = saved.put(gradient.detach());
  }

  private Tensor grad(int input, Tensor zeros) {
    if (Autograd.isRecording()) {
      throw new TorchException(
          "a function with its own derivative cannot be differentiated twice: createGraph = false");
    }
    if (grads == null) {
      if (gradient == null) {
        return zeros; // the value took no part in this pass
      }
      grads = product(gradient);
      saved.free(gradient);
      inputs.forEach(saved::free);
    }
    Tensor grad = grads.get(input);
    if (grad == null) {
      return zeros;
    }
    Tensor given = grad.detach();
    saved.free(grad);
    return given;
  }

  private List<@Nullable Tensor> product(Tensor gradient) {
    List<@Nullable Tensor> kept = new ArrayList<>();
    Scope.run(
        () -> {
          for (Tensor grad : function.backward(inputs, gradient)) {
            kept.add(grad == null ? null : saved.put(grad.detach()));
          }
        });
    if (kept.size() != inputs.size()) {
      throw new TorchException(
          "vector-Jacobian product: wanted " + inputs.size() + " gradients, got " + kept.size());
    }
    return kept;
  }

  private void close() {
    saved.close();
    hooks.forEach(Pointer::releaseReference);
  }
}
