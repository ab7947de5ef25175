package io.github.vla3d.policy.processing.openpi;

import io.github.vla3d.torch.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@link Robot#libero}. */
record Libero() implements Robot {
  private static final int STATE = 8;
  private static final Map<String, String> KEYS =
      Map.of(BASE, "observation/image", LEFT_WRIST, "observation/wrist_image");

  @Override
  public RobotInput input(Request request) {
    Map<String, Tensor> images = new LinkedHashMap<>();
    images.put(BASE, Images.parse(request, "observation/image"));
    images.put(LEFT_WRIST, Images.parse(request, "observation/wrist_image"));
    images.put(RIGHT_WRIST, Images.black(images.get(BASE)));
    return new RobotInput(
        images,
        Map.of(BASE, true, LEFT_WRIST, true, RIGHT_WRIST, false),
        request.vector("observation/state", STATE),
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
    return STATE;
  }

  @Override
  public Request request(
      Map<String, Tensor> images, Tensor state, @Nullable Tensor actions, @Nullable String prompt) {
    return Request.of(KEYS, images, Map.of("observation/state", state), actions, prompt);
  }

  @Override
  public Tensor output(Tensor actions) {
    return actions.narrow(-1, 0, actionSize());
  }

  @Override
  public int actionSize() {
    return 7;
  }
}
