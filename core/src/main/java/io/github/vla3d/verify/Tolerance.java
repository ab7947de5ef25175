package io.github.vla3d.verify;

/**
 * How far a result may lie from its reference.
 *
 * @param relative share of each reference value
 * @param absolute added to that share
 * @param ofMaximum share of the largest absolute reference value of the tensor, added as well
 */
public record Tolerance(double relative, double absolute, double ofMaximum) {
  /** Every bit counts; for integers, booleans, and values that are copied. */
  public static final Tolerance EXACT = new Tolerance(0, 0, 0);

  public Tolerance {
    if (!(relative >= 0 && absolute >= 0 && ofMaximum >= 0)) {
      throw new IllegalArgumentException(
          "tolerance: wanted numbers >= 0, got " + relative + ", " + absolute + ", " + ofMaximum);
    }
  }

  /** |got - wanted| <= absolute + relative * |wanted|, as numpy.allclose. */
  public static Tolerance of(double relative, double absolute) {
    return new Tolerance(relative, absolute, 0);
  }

  /** |got - wanted| <= share * max |wanted|: for gradients. */
  public static Tolerance ofMaximum(double share) {
    return new Tolerance(0, 0, share);
  }

  @Override
  public String toString() {
    if (equals(EXACT)) {
      return "exact";
    }
    StringBuilder text = new StringBuilder();
    append(text, relative, " rel");
    append(text, absolute, " abs");
    append(text, ofMaximum, " of max");
    return text.toString();
  }

  private static void append(StringBuilder text, double value, String unit) {
    if (value > 0) {
      text.append(text.isEmpty() ? "" : " + ").append(String.format("%.0e", value)).append(unit);
    }
  }
}
