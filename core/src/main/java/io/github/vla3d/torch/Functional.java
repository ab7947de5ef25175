package io.github.vla3d.torch;

import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** Stateless operations of neural networks, in PyTorch's conventions. */
public final class Functional {
  private Functional() {}

  private static TensorOptional optional(@Nullable Tensor tensor) {
    return tensor == null ? new TensorOptional() : new TensorOptional(tensor.raw());
  }

  /**
   * x [.., in] times weight [out, in] transposed, plus bias [out]: [.., out]. Large fp32 maps on
   * the CPU that nobody derives take oneDNN's kernels, whose sums may round otherwise.
   */
  public static Tensor linear(Tensor x, Tensor weight, @Nullable Tensor bias) {
    OneDnn direct = x.dtype() == DType.F32 ? OneDnn.taking(x, weight, bias) : null;
    if (direct != null) {
      return direct.linear(x, weight, bias, false);
    }
    return Tensor.op(() -> torch.linear(x.raw(), weight.raw(), optional(bias)));
  }

  /**
   * {@link #geluTanh} of {@link #linear}, in one pass where the engine can and nobody derives it.
   */
  public static Tensor linearGeluTanh(Tensor x, Tensor weight, @Nullable Tensor bias) {
    OneDnn direct = OneDnn.taking(x, weight, bias);
    return direct != null
        ? direct.linear(x, weight, bias, true)
        : Scope.tensor(() -> geluTanh(linear(x, weight, bias)));
  }

  /** x [B, in, n], weight [out, in / groups, k]: [B, out, n']. */
  public static Tensor conv1d(
      Tensor x, Tensor weight, @Nullable Tensor bias, long stride, long padding, long groups) {
    return Tensor.op(
        () ->
            torch.conv1d(
                x.raw(),
                weight.raw(),
                optional(bias),
                new long[] {stride},
                new long[] {padding},
                new long[] {1},
                groups));
  }

  /** x [B, in, h, w], weight [out, in / groups, kh, kw]: [B, out, h', w']. */
  public static Tensor conv2d(
      Tensor x, Tensor weight, @Nullable Tensor bias, long stride, long padding, long groups) {
    return Tensor.op(
        () ->
            torch.conv2d(
                x.raw(),
                weight.raw(),
                optional(bias),
                new long[] {stride, stride},
                new long[] {padding, padding},
                new long[] {1, 1},
                groups));
  }

  /** x [B, in, h, w], weight [in, out, kh, kw]: [B, out, h', w']. */
  public static Tensor convTranspose2d(
      Tensor x, Tensor weight, @Nullable Tensor bias, long stride, long padding) {
    return Tensor.op(
        () ->
            torch.conv_transpose2d(
                x.raw(),
                weight.raw(),
                optional(bias),
                new long[] {stride, stride},
                new long[] {padding, padding},
                new long[] {0, 0},
                1,
                1,
                1));
  }

  /**
   * Normalises the last dimension [D] to mean 0 and (biased) variance 1, then scales and shifts by
   * [D].
   */
  public static Tensor layerNorm(
      Tensor x, @Nullable Tensor weight, @Nullable Tensor bias, double eps) {
    return Tensor.op(
        () ->
            torch.layer_norm(
                x.raw(), new long[] {x.size(-1)}, optional(weight), optional(bias), eps, true));
  }

  /** Normalises groups of channels of x [B, C, ..], then scales and shifts by [C]. */
  public static Tensor groupNorm(
      Tensor x, long groups, @Nullable Tensor weight, @Nullable Tensor bias, double eps) {
    return Tensor.op(
        () -> torch.group_norm(x.raw(), groups, optional(weight), optional(bias), eps, true));
  }

  /**
   * Divides the last dimension by the root of its mean square (in the type of x), then scales by
   * [D].
   */
  public static Tensor rmsNorm(Tensor x, @Nullable Tensor weight, double eps) {
    return Tensor.op(
        () ->
            torch.rms_norm(
                x.raw(), new long[] {x.size(-1)}, optional(weight), new DoubleOptional(eps)));
  }

  /** Rows of the table [n, D] at the I64 ids [..]: [.., D]. */
  public static Tensor embedding(Tensor table, Tensor ids) {
    return embedding(table, ids, -1);
  }

  /** {@link #embedding(Tensor, Tensor)} where one id (or -1) gives no gradient to its row. */
  public static Tensor embedding(Tensor table, Tensor ids, long padding) {
    return Tensor.op(() -> torch.embedding(table.raw(), ids.raw(), padding, false, false));
  }

  /** x times the normal distribution's cumulative function, exact (erf). */
  public static Tensor gelu(Tensor x) {
    return Tensor.op(() -> torch.gelu(x.raw(), "none"));
  }

  /** {@link #gelu} by its tanh approximation. */
  public static Tensor geluTanh(Tensor x) {
    return Tensor.op(() -> torch.gelu(x.raw(), "tanh"));
  }

  /** x * sigmoid(x). */
  public static Tensor silu(Tensor x) {
    return Tensor.op(() -> torch.silu(x.raw()));
  }

  /**
   * softmax(q k^T * scale + mask) v.
   *
   * @param query [.., H, N, d]
   * @param key [.., G, M, d] with H a multiple of G: query head i reads key head i / (H / G)
   * @param value [.., G, M, e]
   * @param mask BOOL (true: may be read) or of the type of query (added), broadcast to [.., H, N,
   *     M]; null for none
   * @param scale NaN for 1 / sqrt(d)
   * @return [.., H, N, e]
   */
  public static Tensor attention(
      Tensor query, Tensor key, Tensor value, @Nullable Tensor mask, double scale) {
    boolean grouped = query.size(-3) != key.size(-3);
    return Tensor.op(
        () ->
            torch.scaled_dot_product_attention(
                query.raw(),
                key.raw(),
                value.raw(),
                optional(mask),
                0.0,
                false,
                Double.isNaN(scale) ? new DoubleOptional() : new DoubleOptional(scale),
                grouped));
  }

  /**
   * Samples x [B, C, h, w] at grid [B, n, m, 2] of (x, y) in [-1, 1], bilinear, 0 outside, corners
   * not aligned: [B, C, n, m].
   */
  public static Tensor gridSample(Tensor x, Tensor grid) {
    return Tensor.op(() -> torch.grid_sampler(x.raw(), grid.raw(), 0, 0, false));
  }

  /** Resizes x [B, C, h, w] bilinearly without antialiasing: [B, C, height, width]. */
  public static Tensor upsampleBilinear(Tensor x, long height, long width, boolean alignCorners) {
    return Tensor.op(
        () -> torch.upsample_bilinear2d(x.raw(), new long[] {height, width}, alignCorners));
  }

  /** Resizes x [B, C, h, w] to the nearest pixel: [B, C, height, width]. */
  public static Tensor upsampleNearest(Tensor x, long height, long width) {
    return Tensor.op(() -> torch.upsample_nearest2d(x.raw(), height, width));
  }

  /** Maximum of squares of x [B, C, h, w]. */
  public static Tensor maxPool2d(Tensor x, long kernel, long stride, long padding) {
    return Tensor.op(
        () ->
            torch.max_pool2d(
                x.raw(),
                new long[] {kernel, kernel},
                new long[] {stride, stride},
                new long[] {padding, padding},
                new long[] {1, 1},
                false));
  }

  /**
   * Pads with a constant: (before, after) of the last dimension, then of the one before it, and so
   * on.
   */
  public static Tensor pad(Tensor x, double value, long... padding) {
    return Tensor.op(
        () -> torch.constant_pad_nd(x.raw(), padding, new org.bytedeco.pytorch.Scalar(value)));
  }

  /** Sets elements to 0 with probability p and scales the others by 1 / (1 - p). */
  public static Tensor dropout(Tensor x, double p, Generator generator) {
    if (p < 0 || p >= 1) {
      throw new TorchException("dropout: wanted a probability in [0, 1), got " + p);
    }
    if (p == 0) {
      return x;
    }
    return Scope.tensor(
        () -> {
          Tensor keep = generator.bernoulli(Tensors.full(1 - p, DType.F32, Device.CPU, x.shape()));
          return x.mul(keep.to(x.device()).to(x.dtype()).div(1 - p));
        });
  }

  /** Element-wise smooth L1: 0.5 d^2 / beta below beta, |d| - 0.5 beta above. */
  public static Tensor smoothL1(Tensor x, Tensor target, double beta) {
    return Tensor.op(() -> torch.smooth_l1_loss(x.raw(), target.raw(), 0, beta));
  }

  /** Element-wise cross entropy of sigmoid(x) against target in [0, 1]. */
  public static Tensor binaryCrossEntropyWithLogits(Tensor x, Tensor target) {
    return Tensor.op(
        () ->
            torch.binary_cross_entropy_with_logits(
                x.raw(), target.raw(), new TensorOptional(), new TensorOptional(), 0));
  }
}
