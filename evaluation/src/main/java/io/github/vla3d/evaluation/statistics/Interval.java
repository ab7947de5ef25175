package io.github.vla3d.evaluation.statistics;

/**
 * From one number to another.
 *
 * @param low lower end
 * @param high upper end, not below it
 */
public record Interval(double low, double high) {
  public Interval {
    if (!(low <= high)) {
      throw new IllegalArgumentException(
          "interval: wanted ends in order, got %s and %s".formatted(low, high));
    }
  }
}
