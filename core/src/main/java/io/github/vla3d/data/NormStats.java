package io.github.vla3d.data;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * The statistics by which openpi normalises states and actions, computed as its script does: over
 * the frames in order, in whole batches, with the actions of every chunk after the delta transform.
 *
 * @param state of the robot's state
 * @param actions of all actions of all chunks
 */
public record NormStats(Vector state, Vector actions) {
  /** openpi's batch where a configuration names none. */
  public static final int DEFAULT_BATCH = 32;

  /** Per element: mean, population deviation, 1st and 99th percentile. */
  public record Vector(double[] mean, double[] std, double[] q01, double[] q99) {
    static Vector of(RunningStatistics statistics) {
      return new Vector(
          statistics.mean(),
          statistics.std(),
          statistics.quantile(0.01),
          statistics.quantile(0.99));
    }
  }

  /**
   * Reads no picture.
   *
   * @param batch frames per batch; frames that do not fill the last one are left out, as openpi
   *     does. A data set smaller than one batch is one batch
   * @throws DataException if the data set has no state or no actions
   */
  public static NormStats of(Dataset dataset, ActionChunks chunks, int batch) {
    RunningStatistics state = new RunningStatistics(RunningStatistics.Method.OPENPI);
    RunningStatistics actions = new RunningStatistics(RunningStatistics.Method.OPENPI);
    List<double[]> stateRows = new ArrayList<>();
    List<double[]> actionRows = new ArrayList<>();
    for (int e = 0; e < dataset.size(); e++) {
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
    if (state.count() == 0) {
      flush(state, stateRows);
      flush(actions, actionRows);
    }
    return new NormStats(Vector.of(state), Vector.of(actions));
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

  /** openpi's {@code norm_stats.json}. */
  public String toJson() {
    ObjectNode root = new JsonMapper().createObjectNode();
    ObjectNode stats = root.putObject("norm_stats");
    put(stats.putObject("state"), state);
    put(stats.putObject("actions"), actions);
    return root.toPrettyString();
  }

  private static void put(ObjectNode node, Vector vector) {
    node.putPOJO("mean", vector.mean());
    node.putPOJO("std", vector.std());
    node.putPOJO("q01", vector.q01());
    node.putPOJO("q99", vector.q99());
  }
}
