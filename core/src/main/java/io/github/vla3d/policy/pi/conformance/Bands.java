package io.github.vla3d.policy.pi.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.vla3d.verify.Tolerance;

/** How far a result may lie from its reference, by what it is. */
interface Bands {
  Tolerance GRADIENTS = Tolerance.ofMaximum(1e-3);
  Tolerance TIME_EMBEDDING = Tolerance.of(0, 2e-4);

  /** What the folder's README suggests for fp32. */
  Bands FP32 = (name, kind) -> kind.same;

  /** The same for JAX, whose sums run in other orders. */
  Bands FP32_JAX = (name, kind) -> kind.other;

  /** What a tensor is. */
  enum Kind {
    STAGE(Tolerance.of(1e-4, 2e-5), Tolerance.of(1e-4, 2e-5)),
    ACTIONS(Tolerance.of(1e-3, 2e-5), Tolerance.of(1e-3, 2e-4)),
    STEP(Tolerance.of(1e-3, 1e-4), Tolerance.of(1e-3, 2e-4)),
    LOSS(Tolerance.of(1e-4, 2e-5), Tolerance.of(1e-4, 1e-4));

    private final Tolerance same;
    private final Tolerance other;

    Kind(Tolerance same, Tolerance other) {
      this.same = same;
      this.other = other;
    }
  }

  Tolerance of(String name, Kind kind);

  /**
   * Twice the distance of the reference's bf16 results from its fp32 ones: each of two programs may
   * be that far from the truth. Where the folder does not state the distance, 10 % of the largest
   * value, which is what single steps of the published folders come to.
   *
   * @param observed distance and largest value by the name of the tensor
   */
  static Bands narrow(JsonNode observed) {
    return (name, kind) -> {
      JsonNode distance =
          observed.path(name.equals("policy.chunk_normalized") ? "sample.actions" : name).path(0);
      return distance.isNumber()
          ? Tolerance.of(1e-4, 2e-5 + 2 * distance.asDouble())
          : Tolerance.ofMaximum(0.1);
    };
  }
}
