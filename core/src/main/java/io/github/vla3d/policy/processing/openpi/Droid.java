package io.github.vla3d.policy.processing.openpi;

import io.github.vla3d.policy.processing.ProcessingException;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@link Robot#droid}. */
record Droid() implements Robot {
  private static final int JOINTS = 7;
  private static final Map<String, String> KEYS =
      Map.of(BASE, "observation/exterior_image_1_left", LEFT_WRIST, "observation/wrist_image_left");

  @Override
  public RobotInput input(Request request) {
    Map<String, Tensor> images = new LinkedHashMap<>();
    images.put(BASE, Images.parse(request, "observation/exterior_image_1_left"));
    images.put(LEFT_WRIST, Images.parse(request, "observation/wrist_image_left"));
    images.put(RIGHT_WRIST, Images.black(images.get(BASE)));
    Tensor joints = request.vector("observation/joint_position", JOINTS);
    Tensor gripper = request.get("observation/gripper_position");
    if (gripper.numel() != 1 || gripper.dim() > 1 || !gripper.dtype().isFloating()) {
      throw new ProcessingException(
          "observation/gripper_position: wanted one floating number, got " + gripper);
    }
    Request.requireFinite("observation/gripper_position", gripper);
    return new RobotInput(
        images,
        Map.of(BASE, true, LEFT_WRIST, true, RIGHT_WRIST, false),
        Tensors.cat(0, joints, gripper.reshape(1).to(joints.dtype())),
        request.values().get(Request.ACTIONS));
  }

  @Override
  public List<String> cameras() {
    return List.of(BASE, LEFT_WRIST);
  }

  @Override
  public List<String> requiredCameras() {
    return List.of(BASE, LEFT_WRIST);
  }

  @Override
  public int stateSize() {
    return JOINTS + 1;
  }

  @Override
  public Request request(
      Map<String, Tensor> images, Tensor state, @Nullable Tensor actions, @Nullable String prompt) {
    Map<String, Tensor> parts =
        Map.of(
            "observation/joint_position", state.narrow(0, 0, JOINTS),
            "observation/gripper_position", state.narrow(0, JOINTS, 1));
    return Request.of(KEYS, images, parts, actions, prompt);
  }

  @Override
  public Tensor output(Tensor actions) {
    return actions.narrow(-1, 0, actionSize());
  }

  @Override
  public int actionSize() {
    return 8;
  }
}
