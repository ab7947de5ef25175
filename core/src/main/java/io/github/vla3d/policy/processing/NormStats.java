package io.github.vla3d.policy.processing;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * openpi's {@code norm_stats.json}: mean, std and, if there are any, q01 and q99 of {@code state}
 * and {@code actions}.
 */
public final class NormStats {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> NAMES = List.of("mean", "std", "q01", "q99");

  private final Map<String, Statistics> features;

  public NormStats(Map<String, Statistics> features) {
    this.features = new LinkedHashMap<>(features);
  }

  /**
   * @throws ProcessingException if the file is not as openpi writes it, or the statistics of one
   *     feature differ in length
   */
  public static NormStats read(Path file) {
    JsonObject root = JsonObject.read(file);
    JsonObject stats = root.object("norm_stats");
    root.done();
    Map<String, Statistics> features = new LinkedHashMap<>();
    for (String feature : stats.keys()) {
      JsonObject json = stats.object(feature);
      Map<String, double[]> values = new LinkedHashMap<>();
      int size = json.numbers("mean").length;
      for (String name : NAMES) {
        if (!name.startsWith("q") || json.has(name)) {
          double[] numbers = json.numbers(name);
          if (numbers.length != size) {
            throw new ProcessingException(
                "%s: mean has %d numbers, %s has %d"
                    .formatted(json.place(), size, name, numbers.length));
          }
          values.put(name, numbers);
        }
      }
      json.done();
      try {
        features.put(feature, new Statistics(feature, values));
      } catch (ProcessingException e) {
        throw new ProcessingException(file + ": " + e.getMessage(), e);
      }
    }
    return new NormStats(features);
  }

  /** Writes them so that openpi reads them again, to the last digit. */
  public void write(Path file) {
    ObjectNode root = JSON.createObjectNode();
    ObjectNode stats = root.putObject("norm_stats");
    features.forEach(
        (feature, statistics) -> {
          ObjectNode json = stats.putObject(feature);
          for (String name : NAMES) {
            if (statistics.has(name)) {
              ArrayNode list = json.putArray(name);
              for (double value : statistics.get(name)) {
                list.add(value);
              }
            } else {
              json.putNull(name);
            }
          }
        });
    try {
      Files.write(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(root));
    } catch (IOException e) {
      throw new ProcessingException(file + ": cannot be written: " + e.getMessage(), e);
    }
  }

  public boolean has(String feature) {
    return features.containsKey(feature);
  }

  /**
   * @throws ProcessingException if there are none
   */
  public Statistics get(String feature) {
    @Nullable Statistics found = features.get(feature);
    if (found == null) {
      throw new ProcessingException(
          "norm_stats: wanted statistics of %s, got %s".formatted(feature, features.keySet()));
    }
    return found;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof NormStats b && features.equals(b.features);
  }

  @Override
  public int hashCode() {
    return features.hashCode();
  }

  @Override
  public String toString() {
    return "NormStats" + features.values();
  }
}
