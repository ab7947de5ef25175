package io.github.vla3d.perception.depth;

import io.github.vla3d.data.Observation;
import io.github.vla3d.perception.Episodes;
import io.github.vla3d.perception.LabelledObject;
import io.github.vla3d.perception.Teacher;
import java.util.List;
import java.util.Map;

/**
 * Labels without weights: what stands on a support and is not the robot is an object. Objects are
 * told apart where colour and shape change together, remembered as points in the world, and found
 * again by these in every view and frame. Frames of an episode come in order.
 */
public final class DepthTeacher implements Teacher {
  /** Goes up whenever the same frames get other labels. */
  private static final String VERSION = "3";

  private final DepthParameters parameters;
  private final Episodes<DepthTracker> episodes;

  public DepthTeacher() {
    this(DepthParameters.DEFAULT);
  }

  public DepthTeacher(DepthParameters parameters) {
    this.parameters = parameters;
    this.episodes = new Episodes<>("depth", () -> new DepthTracker(parameters));
  }

  @Override
  public String name() {
    return "depth";
  }

  @Override
  public Map<String, String> provenance() {
    return Map.of("version", VERSION, "parameters", parameters.toString());
  }

  /**
   * The objects of a frame.
   *
   * @throws IllegalArgumentException if the frame comes not after the one before of its episode
   */
  @Override
  public synchronized List<LabelledObject> label(int episode, int frame, Observation observation) {
    return episodes.at(episode, frame).label(frame, observation);
  }
}
