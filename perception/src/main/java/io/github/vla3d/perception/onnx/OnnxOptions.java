package io.github.vla3d.perception.onnx;

/**
 * How the detector is run.
 *
 * @param cuda on the first GPU, if there is one
 * @param threshold score below which a box does not count
 * @param shortEdge pixels of the shorter edge that the detector sees
 * @param longEdge most pixels of the longer one
 */
public record OnnxOptions(boolean cuda, double threshold, int shortEdge, int longEdge) {
  /** On the processor, as the detector was published: 0.3, 800, 1333. */
  public static final OnnxOptions DEFAULT = new OnnxOptions(false, 0.3, 800, 1333);

  public OnnxOptions {
    if (!(threshold > 0 && threshold < 1) || shortEdge < 1 || longEdge < shortEdge) {
      throw new IllegalArgumentException(
          "onnx teacher: wanted a threshold in (0, 1) and edges of 1 <= short <= long pixels, got"
              + " %s, %d, %d".formatted(threshold, shortEdge, longEdge));
    }
  }
}
