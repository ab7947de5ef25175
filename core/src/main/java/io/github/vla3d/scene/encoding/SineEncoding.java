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
    return encode(points, 1, 0, 2);
  }

  /**
   * In DETR's order y, x.
   *
   * @param points floating [.., 2], in units of the picture
   * @return [.., 256] of the same type
   */
  public static Tensor twoD(Tensor points) {
    return encode(points, 1, 0);
  }

  private static Tensor encode(Tensor points, int... axes) {
    return Scope.tensor(
        () -> {
          double[] scale = new double[CHANNELS / 2];
          for (int i = 0; i < scale.length; i++) {
            scale[i] = 2 * Math.PI * Math.pow(BASE, -2.0 * i / CHANNELS);
          }
          Tensor frequencies =
              Tensors.of(scale, scale.length)
                  .to(points.dtype() == DType.F64 ? DType.F64 : DType.F32)
                  .to(points.device());
          List<Tensor> parts = new ArrayList<>();
          for (int axis : axes) {
            Tensor angle = points.select(-1, axis).unsqueeze(-1).mul(frequencies);
            // Sine and cosine alternate channel by channel.
            parts.add(Tensors.stack(-1, angle.sin(), angle.cos()).flatten(-2, -1));
          }
          return Tensors.cat(-1, parts);
        });
  }
}
