package io.github.vla3d.policy.processing.openpi;

import io.github.vla3d.torch.Tensor;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How one kind of robot is translated to the network and back. Found in openpi's code, not in its
 * checkpoints.
 */
public sealed interface Robot permits Libero, Droid, Aloha {
  /** Camera names of pi0 and pi0.5. */
  String BASE = "base_0_rgb";

  String LEFT_WRIST = "left_wrist_0_rgb";
  String RIGHT_WRIST = "right_wrist_0_rgb";

  RobotInput input(Request request);

  /** The cameras that this robot may have, by the network's names in its order. */
  List<String> cameras();

  /** Those without which a request is an error. */
  List<String> requiredCameras();

  /** Length of the robot's own state. */
  int stateSize();

  /**
   * What a client of this robot sends.
   *
   * @param images U8 [h, w, 3] by the network's names, some of {@link #cameras}
   * @param state [stateSize]
   * @param actions [H, actionSize] in training, else null
   * @param prompt what to do; null for the server's default
   */
  Request request(
      Map<String, Tensor> images, Tensor state, @Nullable Tensor actions, @Nullable String prompt);

  /**
   * @param actions [H, D], D at least {@link #actionSize}
   * @return [H, actionSize]
   */
  Tensor output(Tensor actions);

  /** Length of the robot's own actions. */
  int actionSize();

  /** LIBERO: one arm, 8 numbers of state, 7 of action. */
  static Robot libero() {
    return new Libero();
  }

  /** DROID: one Franka arm, 8 numbers of state (7 joints, gripper), 8 of action. */
  static Robot droid() {
    return new Droid();
  }

  /**
   * ALOHA: two arms of 6 joints and a gripper, 14 numbers of state and of action.
   *
   * @param adaptToPi from the robot's joints to those of the pre-training data
   */
  static Robot aloha(boolean adaptToPi) {
    return new Aloha(adaptToPi);
  }
}
