package io.github.vla3d.torch.nn;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.util.List;

/**
 * Rotation over one axis of positions with the pairs (i, i + d / 2), as in Gemma: channel i turns
 * by position * base^(-2i / d). Angles are fp32; sine and cosine are rounded to the type of what is
 * rotated.
 */
public final class HalfRotary implements Rotary {
  private final Tensor cos;
  private final Tensor sin;

  private HalfRotary(Tensor cos, Tensor sin) {
    this.cos = cos;
    this.sin = sin;
  }

  /**
   * Tables in the enclosing scope.
   *
   * @param positions [B, N] of any number type
   * @param headWidth d, even
   * @param base period of the slowest channels over 2 pi, e.g. 10000
   */
  public static HalfRotary of(Tensor positions, long headWidth, double base) {
    if (positions.dim() != 2 || headWidth < 2 || headWidth % 2 != 0) {
      throw new IllegalArgumentException(
          "rotary: wanted positions [B, N] and an even head width, got "
              + positions
              + " and "
              + headWidth);
    }
    return Scope.call(
        scope -> {
          Device device = positions.device();
          Tensor exponent =
              Tensors.arange(0, headWidth, 2, DType.F32, device).div((double) headWidth);
          Tensor frequency = Tensors.full(base, DType.F32, device, 1).pow(exponent).reciprocal();
          Tensor angle = positions.to(DType.F32).unsqueeze(-1).mul(frequency).unsqueeze(1);
          return new HalfRotary(scope.keep(angle.cos()), scope.keep(angle.sin()));
        });
  }

  @Override
  public Tensor apply(Tensor x) {
    return Scope.tensor(
        () -> {
          Tensor c = cos.to(x.dtype());
          Tensor s = sin.to(x.dtype());
          List<Tensor> halves = x.chunk(2, -1);
          Tensor a = halves.get(0);
          Tensor b = halves.get(1);
          return Tensors.cat(-1, a.mul(c).sub(b.mul(s)), b.mul(c).add(a.mul(s)));
        });
  }
}
