package io.github.vla3d.scene.encoding;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.nn.Rotary;

/**
 * The rotary encoding of continuous 3D positions, Eq. (9). A head's first channels turn with x, the
 * next with y, then z, D_axis = 2 floor(floor(d / 3) / 2) channels each; the rest stays. The pair
 * (2i, 2i + 1) of an axis turns by scale * p * base^(-2i / D_axis), so that a product of queries
 * and keys depends on the difference of their positions only. Angles and the rotation are in fp32
 * (fp64 for points in fp64), whatever the type of what is rotated.
 */
public final class Rotary3d implements Rotary {
  /** How fast channels turn. */
  public interface Rate {
    /** Period of the slowest channels over that of the fastest, for many channels. */
    double base();

    /** Radians per metre of the fastest channels. */
    double scale();
  }

  private final Tensor cos;
  private final Tensor sin;

  private Rotary3d(Tensor cos, Tensor sin) {
    this.cos = cos;
    this.sin = sin;
  }

  /** Channels of a head of width d that turn with one axis. */
  public static int axisWidth(int headWidth) {
    return headWidth / 3 / 2 * 2;
  }

  /**
   * Tables in the enclosing scope.
   *
   * @param points F32 or F64 [B, N, 3], metres relative to the centre of the workspace
   * @param headWidth d, at least 6
   */
  public static Rotary3d of(Tensor points, int headWidth, Rate rate) {
    int axis = axisWidth(headWidth);
    if (points.dim() != 3 || points.size(2) != 3 || axis < 2) {
      throw new IllegalArgumentException(
          "rotary: wanted points [B, N, 3] and heads of at least 6 channels, got "
              + points
              + " and "
              + headWidth);
    }
    double[] frequencies = new double[axis / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = rate.scale() * Math.pow(rate.base(), -2.0 * i / axis);
    }
    return Scope.call(
        scope -> {
          DType dtype = points.dtype() == DType.F64 ? DType.F64 : DType.F32;
          Tensor frequency =
              Tensors.of(frequencies, frequencies.length).to(dtype).to(points.device());
          // [B, 1, N, 3 * axis / 2], x first
          Tensor angle = points.to(dtype).unsqueeze(-1).mul(frequency).flatten(2, 3).unsqueeze(1);
          return new Rotary3d(scope.keep(angle.cos()), scope.keep(angle.sin()));
        });
  }

  @Override
  public Tensor apply(Tensor x) {
    return Scope.tensor(
        () -> {
          long turning = 2 * cos.size(-1);
          Tensor pairs =
              x.narrow(-1, 0, turning)
                  .to(cos.dtype())
                  .reshape(x.size(0), x.size(1), x.size(2), turning / 2, 2);
          Tensor a = pairs.select(-1, 0);
          Tensor b = pairs.select(-1, 1);
          Tensor turned =
              Tensors.stack(-1, a.mul(cos).sub(b.mul(sin)), a.mul(sin).add(b.mul(cos)))
                  .flatten(-2, -1)
                  .to(x.dtype());
          if (turning == x.size(-1)) {
            return turned;
          }
          return Tensors.cat(-1, turned, x.narrow(-1, turning, x.size(-1) - turning));
        });
  }
}
