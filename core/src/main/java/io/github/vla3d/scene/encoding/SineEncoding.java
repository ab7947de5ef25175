package io.github.vla3d.scene.encoding;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.util.ArrayList;
import java.util.List;

/**
 * Sine encodings of coordinates (PETR, arXiv 2203.05625; DETR, arXiv 2005.12872). A coordinate p
 * gives 128 channels: channel i has the angle 2 pi p / 10000^(2 floor(i / 2) / 128), its sine where
 * i is even, its cosine where i is odd.
 */
public final class SineEncoding {
  /** Channels of a coordinate. */
  public static final int CHANNELS = 128;

  private static final double BASE = 10000;

  private SineEncoding() {}

  /**
   * In PETR's order y, x, z.
   *
   * @param points floating [.., 3], in units of the box that they lie in
   * @return [.., 384] of the same type
   */
  public static Tensor threeD(Tensor points) {
    return of(points, CHANNELS, 1, 0, 2);
  }

  /**
   * In DETR's order y, x.
   *
   * @param points floating [.., 2], in units of the picture
   * @return [.., 256] of the same type
   */
  public static Tensor twoD(Tensor points) {
    return of(points, CHANNELS, 1, 0);
  }

  /**
   * The general form.
   *
   * @param points floating [.., n]
   * @param channels of a coordinate, even
   * @param axes which coordinates, in this order
   * @return [.., channels for each axis] of the same type
   */
  public static Tensor of(Tensor points, int channels, int... axes) {
    return Scope.tensor(
        () -> {
          double[] periods = new double[channels / 2];
          for (int i = 0; i < periods.length; i++) {
            periods[i] = Math.pow(BASE, 2.0 * i / channels);
          }
          Tensor period =
              Tensors.of(periods, periods.length)
                  .to(points.dtype() == DType.F64 ? DType.F64 : DType.F32)
                  .to(points.device());
          // Rounded in the order of the reference, which shows at the huge angles of padding.
          Tensor turns = points.mul(2 * Math.PI);
          List<Tensor> parts = new ArrayList<>();
          for (int axis : axes) {
            Tensor angle = turns.select(-1, axis).unsqueeze(-1).div(period);
            // Sine and cosine alternate channel by channel.
            parts.add(Tensors.stack(-1, angle.sin(), angle.cos()).flatten(-2, -1));
          }
          return Tensors.cat(-1, parts);
        });
  }
}
