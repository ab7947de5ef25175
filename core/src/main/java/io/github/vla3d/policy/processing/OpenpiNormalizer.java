package io.github.vla3d.policy.processing;

import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.util.Arrays;

/** openpi's formulas, in F64 from the statistics on. */
final class OpenpiNormalizer implements Normalizer {
  private static final double EPS = 1e-6;

  private final String feature;
  private final boolean quantiles;

  /** Mean, or q01. */
  private final double[] offset;

  /** Deviation, or q99. */
  private final double[] other;

  OpenpiNormalizer(Statistics statistics, boolean quantiles) {
    this.feature = statistics.feature();
    this.quantiles = quantiles;
    this.offset = statistics.get(quantiles ? "q01" : "mean");
    this.other = statistics.get(quantiles ? "q99" : "std");
    if (offset.length != other.length) {
      throw new ProcessingException(
          "%s: statistics of %d and of %d dimensions"
              .formatted(feature, offset.length, other.length));
    }
  }

  @Override
  public Tensor normalize(Tensor x) {
    int size = size(x);
    if (size > offset.length) {
      throw wrongSize("at most", x);
    }
    return Scope.tensor(
        () -> {
          Tensor from = Tensors.of(Arrays.copyOf(offset, size), size);
          Tensor to = Tensors.of(Arrays.copyOf(other, size), size);
          return quantiles
              ? x.sub(from).div(to.sub(from).add(EPS)).mul(2).sub(1)
              : x.sub(from).div(to.add(EPS));
        });
  }

  @Override
  public Tensor unnormalize(Tensor y) {
    int size = size(y);
    int known = offset.length;
    if (size < known) {
      throw wrongSize("at least", y);
    }
    return Scope.tensor(
        () -> {
          if (!quantiles) {
            double[] std = Arrays.copyOf(other, size);
            Arrays.fill(std, known, size, 1);
            return y.mul(Tensors.of(std, size).add(EPS))
                .add(Tensors.of(Arrays.copyOf(offset, size), size));
          }
          Tensor from = Tensors.of(offset, known);
          Tensor range = Tensors.of(other, known).sub(from).add(EPS);
          Tensor restored = y.narrow(-1, 0, known).add(1).div(2).mul(range).add(from);
          return size == known
              ? restored
              : Tensors.cat(-1, restored, y.narrow(-1, known, size - known).to(restored.dtype()));
        });
  }

  private int size(Tensor x) {
    if (!x.dtype().isFloating() || x.dim() < 1) {
      throw new ProcessingException(feature + ": wanted floating numbers, got " + x);
    }
    return Math.toIntExact(x.size(-1));
  }

  private ProcessingException wrongSize(String bound, Tensor x) {
    return new ProcessingException(
        "%s: wanted %s %d dimensions, got %s".formatted(feature, bound, offset.length, x));
  }
}
