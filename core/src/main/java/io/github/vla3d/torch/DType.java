package io.github.vla3d.torch;

import org.bytedeco.pytorch.global.torch.ScalarType;

/** Element type of a {@link Tensor}. */
public enum DType {
  F64(ScalarType.Double, 8, true),
  F32(ScalarType.Float, 4, true),
  /**
   * 16 bits with the exponent of {@link #F32}. At 1 m it resolves 8 mm: never use it for
   * coordinates.
   */
  BF16(ScalarType.BFloat16, 2, true),
  F16(ScalarType.Half, 2, true),
  I64(ScalarType.Long, 8, false),
  I32(ScalarType.Int, 4, false),
  I16(ScalarType.Short, 2, false),
  I8(ScalarType.Char, 1, false),
  U8(ScalarType.Byte, 1, false),
  BOOL(ScalarType.Bool, 1, false);

  final ScalarType raw;
  private final int bytes;
  private final boolean floating;

  DType(ScalarType raw, int bytes, boolean floating) {
    this.raw = raw;
    this.bytes = bytes;
    this.floating = floating;
  }

  /** Size of one element in bytes. */
  public int bytes() {
    return bytes;
  }

  public boolean isFloating() {
    return floating;
  }

  static DType of(ScalarType raw) {
    for (DType dtype : values()) {
      if (dtype.raw == raw.intern()) {
        return dtype;
      }
    }
    throw new TorchException("tensor of unsupported element type " + raw);
  }
}
