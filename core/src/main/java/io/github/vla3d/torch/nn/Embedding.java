package io.github.vla3d.torch.nn;

import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Functional;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;

/** A row of a table for every id. Parameter: weight [n, D], first standard normal. */
public final class Embedding extends Module {
  private static final long NONE = -1;

  private final long padding;
  private final Parameter weight;

  public Embedding(long n, long width) {
    this(n, width, NONE);
  }

  /**
   * @param padding id whose row, first 0, gets no gradient
   */
  public Embedding(long n, long width, long padding) {
    if (padding < NONE || padding >= n) {
      throw new IllegalArgumentException(
          "embedding: wanted a padding id below " + n + ", got " + padding);
    }
    this.padding = padding;
    this.weight = parameter("weight", this::first, n, width);
  }

  private Tensor first(Generator generator, long... shape) {
    Tensor values = generator.randn(DType.F32, shape);
    if (padding != NONE) {
      values.select(0, padding).zero_();
    }
    return values;
  }

  /** ids I64 [..]: [.., D] in the type of the table. */
  public Tensor apply(Tensor ids) {
    return Scope.tensor(() -> Functional.embedding(weight.value(), ids, padding));
  }

  public Parameter weight() {
    return weight;
  }
}
