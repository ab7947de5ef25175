package io.github.vla3d.policy.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.vla3d.data.NormStats;
import io.github.vla3d.data.RunningStatistics;
import io.github.vla3d.policy.processing.NormalizationMode;
import io.github.vla3d.policy.processing.Normalizer;
import io.github.vla3d.policy.processing.Statistics;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.verify.Fixture;
import io.github.vla3d.verify.Tolerance;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Normalisation both ways, and the statistics for it. */
final class NormalizerParts {
  private static final double EPS = 1e-8;
  private static final Tolerance F32 = Tolerance.of(1e-6, 0);
  private static final Tolerance F64 = Tolerance.of(1e-12, 0);
  private static final Tolerance RUNNING = Tolerance.of(1e-9, 0);

  /**
   * Mean and deviation of the colours of ImageNet, which the pictures of the file are scaled by.
   */
  private static final Map<String, double[]> COLOURS =
      Map.of("mean", new double[] {0.485, 0.456, 0.406}, "std", new double[] {0.229, 0.224, 0.225});

  private NormalizerParts() {}

  static void lerobot(Fixture fixture) {
    String file = "lerobot_normalize.safetensors";
    for (String type : List.of("float32", "float64")) {
      Tolerance tolerance = type.equals("float32") ? F32 : F64;
      for (String feature : List.of("observation.state", "action")) {
        String kind = feature.substring(feature.lastIndexOf('.') + 1);
        Statistics statistics = statistics(fixture, file, type + ".stats.", feature);
        Tensor x = fixture.input(file, type + ".in." + kind);
        for (NormalizationMode mode : NormalizationMode.values()) {
          Normalizer normalizer = Normalizer.lerobot(mode, statistics, EPS);
          String name = type + "." + mode + ".";
          fixture.compare(file, name + "norm." + kind, normalizer.normalize(x), tolerance);
          fixture.compare(file, name + "unnorm." + kind, normalizer.unnormalize(x), tolerance);
        }
      }
    }
    if (fixture.specs(file).containsKey("visual.mean_std")) {
      Normalizer colours =
          Normalizer.lerobotPictures(
              NormalizationMode.MEAN_STD, new Statistics("pictures", COLOURS), EPS);
      Tensor pictures = fixture.input(file, "visual.in");
      fixture.compare(file, "visual.mean_std", colours.normalize(pictures), F32);
    }
  }

  private static Statistics statistics(
      Fixture fixture, String file, String prefix, String feature) {
    Map<String, double[]> values = new LinkedHashMap<>();
    String start = prefix + feature + ".";
    for (String name : fixture.specs(file).keySet()) {
      if (name.startsWith(start)) {
        values.put(name.substring(start.length()), fixture.input(file, name).toDoubles());
      }
    }
    return new Statistics(feature, values);
  }

  static void openpi(Fixture fixture, JsonNode entry) {
    String file = "openpi_normalize.safetensors";
    for (JsonNode item : entry.path("cases")) {
      int number = item.path("case").asInt();
      String name = "c" + number + ".";
      NormStats stats = NormStats.read(fixture.path("norm_stats_case" + number + ".json"));
      Tolerance tolerance = item.path("dtype").asText().equals("float32") ? F32 : F64;
      for (String feature : List.of("state", "actions")) {
        Statistics statistics = Statistics.of(stats, feature);
        for (String statistic : List.of("mean", "std", "q01", "q99")) {
          fixture.compare(
              file,
              name + "stats." + feature + "." + statistic,
              Tensors.of(statistics.get(statistic), statistics.get(statistic).length),
              Tolerance.EXACT);
        }
        Tensor x = fixture.input(file, name + "in." + feature);
        for (boolean quantiles : new boolean[] {false, true}) {
          Normalizer normalizer = Normalizer.openpi(statistics, quantiles);
          String way = name + (quantiles ? "quantile." : "zscore.");
          if (fixture.specs(file).containsKey(way + "norm." + feature)) {
            fixture.compare(file, way + "norm." + feature, normalizer.normalize(x), tolerance);
          }
          if (fixture.specs(file).containsKey(way + "unnorm." + feature)) {
            fixture.compare(file, way + "unnorm." + feature, normalizer.unnormalize(x), tolerance);
          }
        }
      }
    }
  }

  static void running(Fixture fixture) {
    String file = "openpi_running_stats.safetensors";
    RunningStatistics running = new RunningStatistics(RunningStatistics.Method.OPENPI);
    for (int i = 0; fixture.specs(file).containsKey("batch" + i); i++) {
      running.update(rows(fixture.input(file, "batch" + i)));
    }
    compare(fixture, file, "mean", running.mean());
    compare(fixture, file, "std", running.std());
    compare(fixture, file, "q01", running.quantile(0.01));
    compare(fixture, file, "q99", running.quantile(0.99));
  }

  /** Vectors of the last dimension. */
  private static double[][] rows(Tensor batch) {
    double[] values = batch.toDoubles();
    int size = Math.toIntExact(batch.size(-1));
    double[][] rows = new double[values.length / size][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = Arrays.copyOfRange(values, i * size, (i + 1) * size);
    }
    return rows;
  }

  private static void compare(Fixture fixture, String file, String name, double[] values) {
    fixture.compare(file, name, Tensors.of(values, values.length), RUNNING);
  }
}
