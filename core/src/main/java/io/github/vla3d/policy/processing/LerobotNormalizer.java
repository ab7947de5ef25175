package io.github.vla3d.policy.processing;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;

/** x to factor * (x - offset) / divisor - shift, operation by operation as LeRobot does it. */
final class LerobotNormalizer implements Normalizer {
  private final String feature;
  private final NormalizationMode mode;

  /** Mean, or lower end. */
  private final double[] offset;

  /** Deviation, or upper end. */
  private final double[] other;

  private final double eps;
  private final boolean pictures;

  private LerobotNormalizer(
      String feature,
      NormalizationMode mode,
      double[] offset,
      double[] other,
      double eps,
      boolean pictures) {
    this.feature = feature;
    this.mode = mode;
    this.offset = offset;
    this.other = other;
    this.eps = eps;
    this.pictures = pictures;
    if (offset.length != other.length) {
      throw new ProcessingException(
          "%s: statistics of %d and of %d dimensions"
              .formatted(feature, offset.length, other.length));
    }
  }

  static LerobotNormalizer of(
      NormalizationMode mode, Statistics statistics, double eps, boolean pictures) {
    if (!(eps >= 0)) {
      throw new ProcessingException(statistics.feature() + ": wanted eps >= 0, got " + eps);
    }
    String low = "";
    String high = "";
    switch (mode) {
      case IDENTITY -> {
        return new LerobotNormalizer(
            statistics.feature(), mode, new double[0], new double[0], eps, pictures);
      }
      case MEAN_STD -> {
        low = "mean";
        high = "std";
      }
      case MIN_MAX -> {
        low = "min";
        high = "max";
      }
      case QUANTILES -> {
        low = "q01";
        high = "q99";
      }
      case QUANTILE10 -> {
        low = "q10";
        high = "q90";
      }
    }
    return new LerobotNormalizer(
        statistics.feature(), mode, statistics.get(low), statistics.get(high), eps, pictures);
  }

  @Override
  public Tensor normalize(Tensor x) {
    if (mode == NormalizationMode.IDENTITY) {
      return x;
    }
    return Scope.tensor(
        () -> {
          Tensor from = numbers(offset, x);
          if (mode == NormalizationMode.MEAN_STD) {
            return x.sub(from).div(numbers(other, x).add(eps));
          }
          return x.sub(from).mul(2).div(range(x)).sub(1);
        });
  }

  @Override
  public Tensor unnormalize(Tensor y) {
    if (mode == NormalizationMode.IDENTITY) {
      return y;
    }
    return Scope.tensor(
        () -> {
          Tensor from = numbers(offset, y);
          return switch (mode) {
            case MEAN_STD -> y.mul(numbers(other, y)).add(from);
            case MIN_MAX -> y.add(1).div(2).mul(range(y)).add(from);
            default -> y.add(1).mul(range(y)).div(2).add(from);
          };
        });
  }

  private Tensor range(Tensor like) {
    Tensor range = numbers(other, like).sub(numbers(offset, like));
    return range.maskedFill(range.eq(0), eps);
  }

  private Tensor numbers(double[] values, Tensor like) {
    int axis = pictures ? -3 : -1;
    if (!like.dtype().isFloating() || like.dim() < -axis || like.size(axis) != values.length) {
      throw new ProcessingException(
          "%s: wanted floating numbers with %d %s, got %s"
              .formatted(feature, values.length, pictures ? "channels" : "dimensions", like));
    }
    long[] shape = pictures ? new long[] {values.length, 1, 1} : new long[] {values.length};
    Tensor numbers = Tensors.of(values, shape);
    DType dtype = like.dtype();
    return (dtype == DType.F64 ? numbers : numbers.to(dtype)).to(like.device());
  }
}
