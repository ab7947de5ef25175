package io.github.vla3d.perception.depth;

import io.github.vla3d.data.Observation;
import io.github.vla3d.perception.LabelledObject;
import io.github.vla3d.perception.Teacher;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Labels without weights: what stands on a support and is not the robot is an object. Objects are
 * told apart where colour and shape change together, remembered as points in the world, and found
 * again by these in every view and frame. Frames of an episode come in order, from frame 0 on.
 */
public final class DepthTeacher implements Teacher {
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

  /**
   * The objects of a frame.
   *
   * @throws IllegalArgumentException if the frame neither is 0 nor follows the one before
   */
  @Override
  public synchronized List<LabelledObject> label(int episode, int frame, Observation observation) {
    DepthTracker now = tracker;
    if (frame == 0) {
      now = new DepthTracker(parameters);
    } else if (now == null || episode != this.episode || frame != this.frame + 1) {
      throw new IllegalArgumentException(
          "depth teacher: wanted the frames of an episode in order from 0, got frame %d of episode %d after frame %d of episode %d"
              .formatted(frame, episode, this.frame, this.episode));
    }
    this.tracker = now;
    this.episode = episode;
    this.frame = frame;
    return now.label(frame, observation);
  }
}
