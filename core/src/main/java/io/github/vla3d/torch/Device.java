package io.github.vla3d.torch;

/**
 * Where a tensor lives.
 *
 * @param kind CPU or CUDA
 * @param index number of the GPU, 0 for the CPU
 */
public record Device(Kind kind, int index) {
  public enum Kind {
    CPU,
    CUDA
  }

  public static final Device CPU = new Device(Kind.CPU, 0);

  public Device {
    if (index < 0 || (kind == Kind.CPU && index != 0)) {
      throw new IllegalArgumentException(
          "device index: wanted 0 (CPU) or >= 0 (CUDA), got " + index);
    }
  }

  public static Device cuda(int index) {
    return new Device(Kind.CUDA, index);
  }

  /**
   * Reads {@code cpu}, {@code cuda} or {@code cuda:N}.
   *
   * @throws IllegalArgumentException if the text is none of these
   */
  public static Device parse(String text) {
    if (text.equals("cpu")) {
      return CPU;
    }
    if (text.equals("cuda")) {
      return cuda(0);
    }
    if (text.matches("cuda:\\d{1,3}")) {
      return cuda(Integer.parseInt(text.substring(5)));
    }
    throw new IllegalArgumentException("device: wanted cpu, cuda or cuda:N, got '" + text + "'");
  }

  public boolean isCuda() {
    return kind == Kind.CUDA;
  }

  org.bytedeco.pytorch.Device raw() {
    return new org.bytedeco.pytorch.Device(toString());
  }

  static Device of(org.bytedeco.pytorch.Device raw) {
    return raw.is_cuda() ? cuda(Math.max(0, raw.index())) : CPU;
  }

  @Override
  public String toString() {
    return kind == Kind.CPU ? "cpu" : "cuda:" + index;
  }
}
