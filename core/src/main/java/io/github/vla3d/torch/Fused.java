package io.github.vla3d.torch;

import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.Method;
import org.bytedeco.pytorch.QualifiedName;

/** Operations of the engine that its Java binding lacks, reached through TorchScript. */
public final class Fused {
  static {
    Torch.start();
  }

  // The list is returned because the compiler takes the call for dead code otherwise.
  private static final String SOURCE =
      """
      def adamw(self, p: Tensor, g: Tensor, m: Tensor, v: Tensor, s: Tensor,
                lr: float, b1: float, b2: float, decay: float, eps: float) -> List[Tensor]:
          s.add_(1)
          ps = [p]
          torch._fused_adamw_(ps, [g], [m], [v], [], [s], lr=lr, beta1=b1, beta2=b2,
                              weight_decay=decay, eps=eps, amsgrad=False, maximize=False)
          return ps
      """;

  private static final Method ADAMW = compile();

  private Fused() {}

  private static Method compile() {
    return TorchException.guard(
        () -> {
          JitModule module = new JitModule(new QualifiedName("vla3d"));
          module.define(SOURCE);
          Method method = module.get_method("adamw");
          module.retainReference(); // for good, also if a scope is open now
          method.retainReference();
          return method;
        });
  }

  /**
   * One AdamW step (Loshchilov and Hutter, arXiv 1711.05101) in place, in one pass over memory.
   * Same input gives the same bits. All tensors are of one device; parameter, gradient and moments
   * of one shape and type.
   *
   * @param step F32 []: steps done so far; goes up by one
   */
  public static void adamW(
      Tensor parameter,
      Tensor gradient,
      Tensor mean,
      Tensor square,
      Tensor step,
      double learningRate,
      double beta1,
      double beta2,
      double weightDecay,
      double epsilon) {
    Scope.run(
        () ->
            Autograd.noGrad(
                () ->
                    TorchException.guard(
                        () ->
                            ADAMW.apply(
                                new IValueVector(
                                    new IValue(parameter.raw()),
                                    new IValue(gradient.raw()),
                                    new IValue(mean.raw()),
                                    new IValue(square.raw()),
                                    new IValue(step.raw()),
                                    new IValue(learningRate),
                                    new IValue(beta1),
                                    new IValue(beta2),
                                    new IValue(weightDecay),
                                    new IValue(epsilon))))));
    // Called from a script the fused kernel leaves the count as it is.
    parameter.written();
  }
}
