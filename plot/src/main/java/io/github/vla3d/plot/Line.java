package io.github.vla3d.plot;

/**
 * One curve. What is not finite in y is a gap.
 *
 * @param name in the legend; curves of one name in several panels look the same
 * @param x ascending
 * @param y as many as x
 * @param style how it is drawn
 */
public record Line(String name, double[] x, double[] y, Style style) {
  /** How a curve is drawn. */
  public enum Style {
    /** Through all points. */
    SOLID,
    /** Thinner, behind the solid ones: raw values beside smoothed ones. */
    FAINT,
    /** Points alone. */
    DOTS
  }

  /**
   * @throws IllegalArgumentException if x and y differ in length, are empty, or x is not finite
   */
  public Line {
    x = x.clone();
    y = y.clone();
    if (x.length == 0 || x.length != y.length) {
      throw new IllegalArgumentException(
          "curve '%s': wanted as many y as x and at least one, got %d and %d"
              .formatted(name, x.length, y.length));
    }
    for (double value : x) {
      if (!Double.isFinite(value)) {
        throw new IllegalArgumentException("curve '" + name + "': wanted a finite x, got " + value);
      }
    }
  }

  @Override
  public double[] x() {
    return x.clone();
  }

  @Override
  public double[] y() {
    return y.clone();
  }
}
