package io.github.vla3d.torch.nn;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * A trace that keeps copies of the stages that somebody wants, as plain numbers: they outlive the
 * walk and its scope. Stages that nobody wants cost nothing.
 */
public final class Taps implements Trace {
  private final Predicate<String> wanted;
  private final Map<String, Tap> taps = new LinkedHashMap<>();

  /**
   * @param wanted names of stages to keep
   */
  public Taps(Predicate<String> wanted) {
    this.wanted = wanted;
  }

  /** Keeps all stages. */
  public Taps() {
    this(stage -> true);
  }

  /**
   * The numbers of a stage.
   *
   * @param shape of the tensor
   * @param values row-major; 1 for true and 0 for false
   */
  @SuppressWarnings("ArrayRecordComponent") // a plain carrier, made and read once
  public record Tap(long[] shape, float[] values) {
    /** The number at a place, one index for each dimension. */
    public float at(int... index) {
      if (index.length != shape.length) {
        throw new IllegalArgumentException(
            "tap: wanted %d indices, got %d".formatted(shape.length, index.length));
      }
      int at = 0;
      for (int i = 0; i < index.length; i++) {
        at = Math.toIntExact(at * shape[i]) + index[i];
      }
      return values[at];
    }

    /** Length of a dimension. */
    public int size(int dimension) {
      return Math.toIntExact(shape[dimension]);
    }
  }

  @Override
  public void see(String stage, Tensor value) {
    if (wanted.test(stage)) {
      taps.put(stage, tap(value));
    }
  }

  /** Copies a tensor out of the engine. */
  public static Tap tap(Tensor value) {
    float[] values = value.detach().to(Device.CPU).to(DType.F32).contiguous().toFloats();
    return new Tap(value.shape().clone(), values);
  }

  /** The stages that were seen and wanted, in the order of the walk. */
  public Set<String> stages() {
    return Collections.unmodifiableSet(taps.keySet());
  }

  /** Whether a stage was seen and wanted. */
  public boolean has(String stage) {
    return taps.containsKey(stage);
  }

  /**
   * A stage.
   *
   * @throws IllegalArgumentException if it was not seen, or not wanted
   */
  public Tap get(String stage) {
    Tap tap = taps.get(stage);
    if (tap == null) {
      throw new IllegalArgumentException(
          "tap: wanted one of " + taps.keySet() + ", got '" + stage + "'");
    }
    return tap;
  }
}
