package io.github.vla3d.perception.depth;

import io.github.vla3d.data.Observation;
import io.github.vla3d.perception.LabelledObject;
import io.github.vla3d.perception.Teacher;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Labels without weights: what stands on a support and is not the robot is an object. Objects are
 * told apart where colour and shape change together, remembered as points in the world, and found
 * again by these in every view and frame. Frames of an episode come in order.
 */
public final class DepthTeacher implements Teacher {
  /** Goes up whenever the same frames get other labels. */
  private static final String VERSION = "1";

  private final DepthParameters parameters;
  private @Nullable DepthTracker tracker;
  private int episode = -1;
  private int frame = -1;

  public DepthTeacher() {
    this(DepthParameters.DEFAULT);
  }

  public DepthTeacher(DepthParameters parameters) {
    this.parameters = parameters;
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
    DepthTracker now = tracker;
    // Frames that could not be read are left out, the first ones too.
    if (now == null || episode != this.episode || frame == 0) {
      now = new DepthTracker(parameters);
    } else if (frame <= this.frame) {
      throw new IllegalArgumentException(
          "depth teacher: wanted the frames of an episode in order, got %d after %d of episode %d"
              .formatted(frame, this.frame, episode));
    }
    this.tracker = now;
    this.episode = episode;
    this.frame = frame;
    return now.label(frame, observation);
  }
}
