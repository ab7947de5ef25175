package io.github.vla3d.policy.gemma;

import io.github.vla3d.policy.PolicyException;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.nn.Initialiser;
import io.github.vla3d.torch.nn.Module;
import io.github.vla3d.torch.nn.Parameter;
import io.github.vla3d.torch.nn.RmsNorm;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Division by the root of the mean square, then a scale that is either learned or computed. */
abstract sealed class Norm extends Module {
  private static final double EPSILON = 1e-6;

  /**
   * @param value normalised, in the type of the input
   * @param gate what the branch behind the norm is multiplied by; null for nothing
   */
  record Result(Tensor value, @Nullable Tensor gate) {
    /** The residual x + branch * gate. */
    Tensor residual(Tensor x, Tensor branch) {
      return x.add(gate == null ? branch : branch.mul(gate));
    }
  }

  private Norm() {}

  /**
   * @param x [B, N, D]
   * @param modulation see {@link #modulation}
   */
  abstract Result apply(Tensor x, @Nullable Tensor modulation);

  /** Scales by 1 + weight. Parameter: weight [D]. */
  static final class Plain extends Norm {
    private final Parameter weight;

    Plain(long width) {
      this.weight = parameter("weight", Initialiser.constant(0), width);
    }

    @Override
    Result apply(Tensor x, @Nullable Tensor modulation) {
      Tensor unit = RmsNorm.normalise(x, EPSILON);
      return new Result(unit.mul(weight.as(unit.dtype()).add(1)).to(x.dtype()), null);
    }
  }

  /**
   * Scales and shifts by functions of a condition, which also gates the branch behind the norm
   * (pi0.5). Parameters: dense.weight [3 D, C], first 0; dense.bias [3 D].
   */
  static final class Adaptive extends Norm {
    private final Parameter weight;
    private final Parameter bias;

    Adaptive(long width, long condition) {
      this.weight = parameter("dense.weight", Initialiser.constant(0), 3 * width, condition);
      this.bias = parameter("dense.bias", Initialiser.fanIn(condition), 3 * width);
    }

    boolean isTrainable() {
      return weight.isTrainable() || bias.isTrainable();
    }

    /** condition [.., C]: scale, shift and gate [.., 3 D]. */
    Tensor modulation(Tensor condition) {
      return Scope.tensor(
          () ->
              Functional.linear(
                  condition, weight.as(condition.dtype()), bias.as(condition.dtype())));
    }

    @Override
    Result apply(Tensor x, @Nullable Tensor modulation) {
      if (modulation == null) {
        throw new PolicyException("adaptive norm: wanted a modulation, got none");
      }
      List<Tensor> parts = modulation.chunk(3, -1);
      Tensor unit = RmsNorm.normalise(x, EPSILON);
      Tensor value = unit.mul(parts.get(0).add(1)).add(parts.get(1)).to(x.dtype());
      return new Result(value, parts.get(2).to(x.dtype()));
    }
  }
}
