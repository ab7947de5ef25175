package io.github.vla3d.datasets.lerobot;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** LeRobot's {@code stats.json} of the numeric features of a data set; reads no picture. */
public final class LeRobotStats {
  private LeRobotStats() {}

  /** The document, with the features in the order of {@code info.json}. */
  public static String toJson(LeRobotDataset dataset) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    for (String key : dataset.numericFeatures().keySet()) {
      List<FeatureStatistics> episodes = new ArrayList<>();
      for (int e = 0; e < dataset.size(); e++) {
        episodes.add(FeatureStatistics.ofEpisode(dataset.numbers(e, key)));
      }
      if (!episodes.isEmpty()) {
        root.set(key, FeatureStatistics.aggregate(episodes).toJson(false));
      }
    }
    return root.toPrettyString();
  }
}
