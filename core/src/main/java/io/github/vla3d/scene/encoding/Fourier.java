package io.github.vla3d.scene.encoding;

import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.util.ArrayList;
import java.util.List;

/**
 * Phi_freq of Eq. (14): [p, sin(2^0 pi p), cos(2^0 pi p), ..., cos(2^(F-1) pi p)], three axes each.
 * The finest of F bands has a wavelength of 2^(2-F) metres: 62 mm with 6, 4 mm with 10.
 *
 * @param bands F
 */
public record Fourier(int bands) {
  public Fourier {
    if (bands < 0 || bands > 16) {
      throw new IllegalArgumentException("Fourier bands: wanted 0 to 16, got " + bands);
    }
  }

  /** R = 3 + 6 F. */
  public int width() {
    return 3 + 6 * bands;
  }

  /**
   * @param points floating [.., 3], metres
   * @return [.., 3 + 6 F]
   */
  public Tensor apply(Tensor points) {
    return Scope.tensor(
        () -> {
          List<Tensor> parts = new ArrayList<>(List.of(points));
          for (int k = 0; k < bands; k++) {
            Tensor angle = points.mul(Math.scalb(Math.PI, k));
            parts.add(angle.sin());
            parts.add(angle.cos());
          }
          return Tensors.cat(-1, parts);
        });
  }
}
