package io.github.vla3d.torch;

import org.jspecify.annotations.Nullable;

/**
 * The weight of a linear map, copied into the order in which oneDNN's kernels read it for a number
 * of rows. A product with few rows spends most of its time on that order otherwise. Several threads
 * may use it at once.
 */
public final class PackedWeight {
  private final OneDnn kernels;
  private final Tensor weight;
  private final long version;
  private final long rows;
  private final Tensor copy;

  private PackedWeight(OneDnn kernels, Tensor weight, long rows, Tensor copy) {
    this.kernels = kernels;
    this.weight = weight;
    this.version = weight.version();
    this.rows = rows;
    this.copy = copy;
  }

  /**
   * Packs a weight.
   *
   * @param weight [out, in]
   * @param rows of the inputs, >= 1
   * @param into keeps the copy, which is as large as the weight
   * @return null where it is of no use: not on a CPU, of a type without such kernels on this
   *     processor, or too small
   */
  public static @Nullable PackedWeight of(Tensor weight, long rows, Store into) {
    if (rows < 1) {
      throw new TorchException("packed weight: wanted rows >= 1, got " + rows);
    }
    OneDnn kernels = OneDnn.packing(weight, rows);
    if (kernels == null) {
      return null;
    }
    Tensor copy = Scope.tensor(() -> Autograd.noGrad(() -> kernels.packed(weight, rows)));
    return new PackedWeight(kernels, weight, rows, into.put(copy));
  }

  /** Whether this is what {@link #of} would make of a weight: neither replaced nor written to. */
  public boolean isOf(Tensor now, long rowsNow) {
    return now == weight && rowsNow == rows && now.version() == version;
  }

  /**
   * Whether the map of an input may be computed by {@link #apply}.
   *
   * @param x [.., in]
   * @param now the weight as it is now
   */
  public boolean fits(Tensor x, Tensor now, @Nullable Tensor bias) {
    return isOf(now, x.numel() / Math.max(1, x.size(-1))) && OneDnn.fits(x, now, bias);
  }

  /** x [.., in] times the weight transposed, plus bias [out]: [.., out]. Without derivatives. */
  public Tensor apply(Tensor x, @Nullable Tensor bias) {
    return kernels.linear(x, copy, bias, false);
  }

  /** Gives the copy's memory back. */
  public void free(Store from) {
    from.free(copy);
  }
}
