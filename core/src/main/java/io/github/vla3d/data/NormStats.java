package io.github.vla3d.data;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The statistics by which openpi normalises states and actions: its file {@code norm_stats.json},
 * read, or computed as its script does.
 *
 * @param features by name, {@code state} and {@code actions} in files of openpi
 */
public record NormStats(Map<String, Vector> features) {
  /** openpi's batch where a configuration names none. */
  public static final int DEFAULT_BATCH = 32;

  public NormStats {
    features = Collections.unmodifiableMap(new LinkedHashMap<>(features));
  }

  /**
   * Per element: mean, population deviation, 1st and 99th percentile.
   *
   * @param q01 null where a file has none
   * @param q99 null where a file has none
   */
  public record Vector(
      List<Double> mean, List<Double> std, @Nullable List<Double> q01, @Nullable List<Double> q99) {
    /**
     * @throws IllegalArgumentException if lengths differ, or a deviation is negative
     */
    public Vector {
      mean = List.copyOf(mean);
      std = List.copyOf(std);
      q01 = q01 == null ? null : List.copyOf(q01);
      q99 = q99 == null ? null : List.copyOf(q99);
      sameLength("std", mean, std);
      sameLength("q01", mean, q01);
      sameLength("q99", mean, q99);
      for (double deviation : std) {
        if (!(deviation >= 0)) {
          throw new IllegalArgumentException("std: wanted numbers >= 0, got " + deviation);
        }
      }
    }

    private static void sameLength(String name, List<Double> mean, @Nullable List<Double> numbers) {
      if (numbers != null && numbers.size() != mean.size()) {
        throw new IllegalArgumentException(
            "%s: wanted %d numbers as in mean, got %d"
                .formatted(name, mean.size(), numbers.size()));
      }
    }

    /** Of arrays, copied. */
    public static Vector of(double[] mean, double[] std, double[] q01, double[] q99) {
      return new Vector(list(mean), list(std), list(q01), list(q99));
    }

    /**
     * Statistics of numbers from -1 to 1 about 0, which leave everything as it is.
     *
     * @param size numbers
     */
    public static Vector unit(int size) {
      List<Double> ones = Collections.nCopies(size, 1.0);
      List<Double> minus = Collections.nCopies(size, -1.0);
      return new Vector(Collections.nCopies(size, 0.0), ones, minus, ones);
    }

    static Vector of(RunningStatistics statistics) {
      return new Vector(
          list(statistics.mean()),
          list(statistics.std()),
          list(statistics.quantile(0.01)),
          list(statistics.quantile(0.99)));
    }

    /**
     * The same, with 1st and 99th percentile at least so far apart: what a robot hardly ever does
     * is not scaled up to the size of what it does.
     *
     * @param range at least 0
     */
    public Vector spread(double range) {
      return outwards(distance -> Math.max(0, range - distance) / 2);
    }

    /**
     * The same, with 1st and 99th percentile further apart: room for what hardly ever occurs.
     *
     * @param share of their distance by which each moves outwards, at least 0
     */
    public Vector wider(double share) {
      return outwards(distance -> share * distance);
    }

    /**
     * @param move of both percentiles, for their distance
     */
    private Vector outwards(DoubleUnaryOperator move) {
      if (q01 == null || q99 == null) {
        return this;
      }
      List<Double> low = new ArrayList<>();
      List<Double> high = new ArrayList<>();
      for (int i = 0; i < mean.size(); i++) {
        double by = move.applyAsDouble(q99.get(i) - q01.get(i));
        low.add(q01.get(i) - by);
        high.add(q99.get(i) + by);
      }
      return new Vector(mean, std, low, high);
    }

    /** Those that are there, by the names of the file. */
    public Map<String, List<Double>> values() {
      Map<String, List<Double>> values = new LinkedHashMap<>();
      values.put("mean", mean);
      values.put("std", std);
      if (q01 != null) {
        values.put("q01", q01);
      }
      if (q99 != null) {
        values.put("q99", q99);
      }
      return values;
    }
  }

  /** The same with other statistics of the actions. */
  public NormStats withActions(Vector actions) {
    return with("actions", actions);
  }

  /** The same with other statistics of the robot's state. */
  public NormStats withState(Vector state) {
    return with("state", state);
  }

  private NormStats with(String feature, Vector statistics) {
    Map<String, Vector> changed = new LinkedHashMap<>(features);
    changed.put(feature, statistics);
    return new NormStats(changed);
  }

  /**
   * Those of the robot's state.
   *
   * @throws IllegalArgumentException if there are none
   */
  public Vector state() {
    return feature("state");
  }

  /**
   * Those of the actions.
   *
   * @throws IllegalArgumentException if there are none
   */
  public Vector actions() {
    return feature("actions");
  }

  private Vector feature(String name) {
    Vector vector = features.get(name);
    if (vector == null) {
      throw new IllegalArgumentException(
          "statistics: wanted those of '" + name + "', got " + features.keySet());
    }
    return vector;
  }

  /**
   * Reads openpi's {@code norm_stats.json}; its quantiles may be missing or null.
   *
   * @throws DataException if the file is not as openpi writes it
   */
  public static NormStats read(Path file) {
    JsonFile root = JsonFile.read(file);
    root.onlyKeys("norm_stats");
    JsonFile stats = root.get("norm_stats");
    Map<String, Vector> features = new LinkedHashMap<>();
    for (String feature : stats.keys()) {
      JsonFile json = stats.get(feature);
      json.onlyKeys("mean", "std", "q01", "q99");
      try {
        features.put(
            feature,
            new Vector(
                list(json.get("mean").numbers()),
                list(json.get("std").numbers()),
                json.has("q01") ? list(json.get("q01").numbers()) : null,
                json.has("q99") ? list(json.get("q99").numbers()) : null));
      } catch (IllegalArgumentException e) {
        throw json.fault(null, "statistics that fit together", String.valueOf(e.getMessage()));
      }
    }
    return new NormStats(features);
  }

  /**
   * Computes them over the frames in order, in whole batches, with the actions of every chunk after
   * the delta transform. Reads no picture.
   *
   * @param batch frames per batch; frames that do not fill the last one are left out, as openpi
   *     does. A data set smaller than one batch is one batch
   * @throws DataException if the data set has no state, no actions, or fewer than two frames
   */
  public static NormStats of(Dataset dataset, ActionChunks chunks, int batch) {
    RunningStatistics state = new RunningStatistics(RunningStatistics.Method.OPENPI);
    RunningStatistics actions = new RunningStatistics(RunningStatistics.Method.OPENPI);
    List<double[]> stateRows = new ArrayList<>();
    List<double[]> actionRows = new ArrayList<>();
    for (int e = 0; e < dataset.size(); e++) {
      if (dataset.frames(e) == 0) {
        continue; // not chosen
      }
      Episode episode = dataset.episode(e);
      require(dataset, episode.states(), "state");
      require(dataset, episode.actions(), "action");
      for (int frame = 0; frame < episode.frames(); frame++) {
        stateRows.add(doubles(episode.states().row(frame)));
        for (float[] action : chunks.at(episode, frame).actions()) {
          actionRows.add(doubles(action));
        }
        if (stateRows.size() == batch) {
          flush(state, stateRows);
          flush(actions, actionRows);
        }
      }
    }
    if (state.count() == 0 && !stateRows.isEmpty()) {
      flush(state, stateRows);
      flush(actions, actionRows);
    }
    if (state.count() < 2) {
      throw new DataException(dataset.name(), "state", -1, "at least 2 frames", "" + state.count());
    }
    Map<String, Vector> features = new LinkedHashMap<>();
    features.put("state", Vector.of(state));
    features.put("actions", Vector.of(actions));
    return new NormStats(features);
  }

  private static void require(Dataset dataset, Track track, String column) {
    if (track.columns() == 0) {
      throw new DataException(dataset.name(), column, -1, "the column", "none");
    }
  }

  private static void flush(RunningStatistics statistics, List<double[]> rows) {
    statistics.update(rows.toArray(double[][]::new));
    rows.clear();
  }

  private static double[] doubles(float[] values) {
    double[] doubles = new double[values.length];
    for (int i = 0; i < doubles.length; i++) {
      doubles[i] = values[i];
    }
    return doubles;
  }

  private static List<Double> list(double[] values) {
    return Arrays.stream(values).boxed().toList();
  }

  /** openpi's {@code norm_stats.json}, to the last digit; quantiles that are missing are null. */
  public String toJson() {
    ObjectNode root = new JsonMapper().createObjectNode();
    ObjectNode stats = root.putObject("norm_stats");
    features.forEach(
        (feature, vector) -> {
          ObjectNode node = stats.putObject(feature);
          node.putPOJO("mean", vector.mean());
          node.putPOJO("std", vector.std());
          node.putPOJO("q01", vector.q01());
          node.putPOJO("q99", vector.q99());
        });
    return root.toPrettyString();
  }
}
