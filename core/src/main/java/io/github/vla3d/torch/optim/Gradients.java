package io.github.vla3d.torch.optim;

import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.nn.Parameter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** What is done to the gradients of several parameters together. */
public final class Gradients {
  /** PyTorch's guard against a division by a norm of 0. */
  private static final double EPSILON = 1e-6;

  private Gradients() {}

  /** Euclidean norm over all gradients that are there, computed in fp32 (fp64 for fp64). */
  public static double norm(Collection<Parameter> parameters) {
    return Scope.call(scope -> norm(parameters, grads(parameters)).item());
  }

  /**
   * Scales all gradients by min(1, max / (norm + 1e-6)), as PyTorch's clip_grad_norm_. A norm that
   * is not finite makes them all NaN: look at the result before a step.
   *
   * @param max largest norm wanted, > 0
   * @return the norm before
   */
  public static double clipNorm(Collection<Parameter> parameters, double max) {
    if (!(max > 0)) {
      throw new IllegalArgumentException("clip: wanted a norm > 0, got " + max);
    }
    return Scope.call(
        scope ->
            Autograd.noGrad(
                () -> {
                  List<Tensor> grads = grads(parameters);
                  Tensor norm = norm(parameters, grads);
                  Tensor scale = norm.add(EPSILON).reciprocal().mul(max).clampMax(1);
                  grads.forEach(grad -> grad.mul_(scale.to(grad.device())));
                  return norm.item();
                }));
  }

  private static List<Tensor> grads(Collection<Parameter> parameters) {
    List<Tensor> grads = new ArrayList<>();
    for (Parameter parameter : parameters) {
      Tensor grad = parameter.grad();
      if (grad != null) {
        grads.add(grad);
      }
    }
    return grads;
  }

  private static Tensor norm(Collection<Parameter> parameters, List<Tensor> grads) {
    if (grads.isEmpty()) {
      return Tensors.scalar(0);
    }
    Device device = parameters.iterator().next().value().device();
    List<Tensor> norms = new ArrayList<>();
    for (Tensor grad : grads) {
      Tensor wide = grad.dtype() == DType.F64 ? grad : grad.to(DType.F32);
      norms.add(wide.norm().to(device));
    }
    return Tensors.stack(0, norms).norm();
  }
}
