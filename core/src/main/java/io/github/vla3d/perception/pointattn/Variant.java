package io.github.vla3d.perception.pointattn;

import io.github.vla3d.torch.TensorSpec;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.Weights;
import org.jspecify.annotations.Nullable;

/** The published models: how many points the two refinements make of one. */
public enum Variant {
  /** Trained on PCN: 16,384 points. */
  PCN(4, 8),
  /** Trained on Completion3D: 2,048 points. */
  C3D(1, 4);

  private static final long WIDTH = 128;

  private final int first;
  private final int second;

  Variant(int first, int second) {
    this.first = first;
    this.second = second;
  }

  int first() {
    return first;
  }

  int second() {
    return second;
  }

  /** Points of a completed cloud. */
  public int points() {
    return Network.SEEDS * first * second;
  }

  /**
   * Which one weights belong to, by their shapes.
   *
   * @throws TorchException if to neither
   */
  static Variant of(Weights weights) {
    String one = "refine.conv_ps.weight";
    String other = "refine1.conv_ps.weight";
    long r1 = ratio(weights.specs().get(one));
    long r2 = ratio(weights.specs().get(other));
    for (Variant variant : values()) {
      if (variant.first == r1 && variant.second == r2) {
        return variant;
      }
    }
    throw new TorchException(
        "%s: wanted PointAttN as published for PCN or Completion3D (%s [512, 512, 1] or [128, 128, 1],"
                .formatted(weights.source(), one)
            + " %s [1024, 1024, 1] or [512, 512, 1]), got %s and %s"
                .formatted(
                    other, name(weights.specs().get(one)), name(weights.specs().get(other))));
  }

  private static long ratio(@Nullable TensorSpec spec) {
    return spec == null || spec.shape().isEmpty() ? 0 : spec.shape().get(0) / WIDTH;
  }

  private static String name(@Nullable TensorSpec spec) {
    return spec == null ? "none" : spec.toString();
  }
}
