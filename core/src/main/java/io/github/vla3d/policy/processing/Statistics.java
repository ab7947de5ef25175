package io.github.vla3d.policy.processing;

import io.github.vla3d.data.NormStats;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is known about a feature, dimension by dimension, by the names that files use: {@code mean},
 * {@code std}, {@code min}, {@code max}, {@code q01}, {@code q10}, {@code q90}, {@code q99}.
 */
public final class Statistics {
  private final String feature;
  private final Map<String, double[]> values = new TreeMap<>();

  /**
   * @param feature what messages call it
   * @param values one number for each dimension
   * @throws ProcessingException if a number is not finite, or a deviation is negative
   */
  public Statistics(String feature, Map<String, double[]> values) {
    this.feature = feature;
    values.forEach(
        (name, numbers) -> {
          for (int i = 0; i < numbers.length; i++) {
            if (!Double.isFinite(numbers[i]) || (name.equals("std") && numbers[i] < 0)) {
              throw new ProcessingException(
                  "%s.%s: wanted %s, got %s at %d"
                      .formatted(
                          feature,
                          name,
                          name.equals("std") ? "numbers >= 0" : "finite numbers",
                          numbers[i],
                          i));
            }
          }
          this.values.put(name, numbers.clone());
        });
  }

  /**
   * Those of one feature of openpi's {@code norm_stats.json}.
   *
   * @throws ProcessingException if there are none
   */
  public static Statistics of(NormStats stats, String feature) {
    NormStats.@Nullable Vector vector = stats.features().get(feature);
    if (vector == null) {
      throw new ProcessingException(
          "norm_stats: wanted statistics of %s, got %s"
              .formatted(feature, stats.features().keySet()));
    }
    Map<String, double[]> values = new TreeMap<>();
    vector
        .values()
        .forEach(
            (name, numbers) ->
                values.put(name, numbers.stream().mapToDouble(Double::doubleValue).toArray()));
    return new Statistics(feature, values);
  }

  public String feature() {
    return feature;
  }

  public boolean has(String name) {
    return values.containsKey(name);
  }

  /**
   * One number for each dimension, copied.
   *
   * @throws ProcessingException if there is no such statistic
   */
  public double[] get(String name) {
    double @Nullable [] found = values.get(name);
    if (found == null) {
      throw new ProcessingException(
          "%s: wanted the statistic %s, got %s".formatted(feature, name, values.keySet()));
    }
    return found.clone();
  }

  /** All of them. */
  Map<String, double[]> values() {
    Map<String, double[]> copy = new TreeMap<>();
    values.forEach((name, numbers) -> copy.put(name, numbers.clone()));
    return copy;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Statistics b
        && feature.equals(b.feature)
        && values.keySet().equals(b.values.keySet())
        && values.keySet().stream().allMatch(name -> Arrays.equals(get(name), b.get(name)));
  }

  @Override
  public int hashCode() {
    int hash = feature.hashCode();
    for (Map.Entry<String, double[]> e : values.entrySet()) {
      hash = 31 * hash + (e.getKey().hashCode() ^ Arrays.hashCode(e.getValue()));
    }
    return hash;
  }

  @Override
  public String toString() {
    return feature + values.keySet();
  }
}
