package io.github.vla3d.data;

import io.github.vla3d.geometry.RigidTransform;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Everything a policy is told at one step.
 *
 * @param views the cameras, in the order of their data set
 * @param state the robot's own state, with the meaning its data set gives it
 * @param worldFromEffectors pose of each end-effector: none where unknown, one, or left and right
 * @param instruction what to do, in words; may be empty
 * @param seconds since the start of the episode
 * @param joints what the robot's joints measured, where that was recorded
 */
public record Observation(
    List<View> views,
    float[] state,
    List<RigidTransform> worldFromEffectors,
    String instruction,
    double seconds,
    Joints joints) {
  /**
   * @throws IllegalArgumentException on two views of one name, more than two end-effectors, or a
   *     number that is not finite
   */
  public Observation {
    views = List.copyOf(views);
    state = state.clone();
    worldFromEffectors = List.copyOf(worldFromEffectors);
    Set<String> names = new HashSet<>();
    for (View view : views) {
      if (!names.add(view.name())) {
        throw new IllegalArgumentException("observation: two views named " + view.name());
      }
    }
    for (int i = 0; i < state.length; i++) {
      if (!Float.isFinite(state[i])) {
        throw new IllegalArgumentException(
            "observation: wanted a finite state, got " + state[i] + " at " + i);
      }
    }
    if (worldFromEffectors.size() > 2) {
      throw new IllegalArgumentException(
          "observation: wanted at most 2 end-effectors, got " + worldFromEffectors.size());
    }
    if (!Double.isFinite(seconds)) {
      throw new IllegalArgumentException("observation: wanted a finite time, got " + seconds);
    }
  }

  /** An observation without measured joints. */
  public Observation(
      List<View> views,
      float[] state,
      List<RigidTransform> worldFromEffectors,
      String instruction,
      double seconds) {
    this(views, state, worldFromEffectors, instruction, seconds, Joints.NONE);
  }

  /** The robot's own state, copied. */
  @Override
  public float[] state() {
    return state.clone();
  }

  /** The same with other views. */
  public Observation withViews(List<View> others) {
    return new Observation(others, state, worldFromEffectors, instruction, seconds, joints);
  }

  /** The view of this name, if there is one. */
  public Optional<View> view(String name) {
    return views.stream().filter(view -> view.name().equals(name)).findFirst();
  }
}
