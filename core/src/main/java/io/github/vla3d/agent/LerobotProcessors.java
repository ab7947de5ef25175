package io.github.vla3d.agent;

import io.github.vla3d.data.Observation;
import io.github.vla3d.data.View;
import io.github.vla3d.policy.processing.lerobot.CameraInputs;
import io.github.vla3d.policy.processing.lerobot.CameraInputs.CameraInput;
import io.github.vla3d.policy.processing.lerobot.PolicyProcessors;
import io.github.vla3d.policy.processing.lerobot.Transition;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The processors of a LeRobot folder.
 *
 * @param image side of the network's pictures
 * @param stateInput whether the network reads the state beside the prompt
 */
record LerobotProcessors(
    PolicyProcessors processors,
    int image,
    CameraInputs.Resize resize,
    int stateSize,
    int actionSize,
    boolean stateInput)
    implements Processors {
  /** LeRobot's name of a picture. */
  static String feature(String view) {
    return view.startsWith(Transition.IMAGES) ? view : Transition.IMAGES + view;
  }

  @Override
  public PreparedSample prepare(
      Observation observation, Map<String, View> views, float @Nullable [][] actions) {
    Map<String, Tensor> raw = new LinkedHashMap<>();
    views.forEach(
        (camera, view) -> {
          Tensor bytes = Pictures.bytes(view.rgb()).permute(2, 0, 1).unsqueeze(0);
          raw.put(before(camera), Pictures.unit(bytes));
        });
    float[] state = observation.state();
    raw.put(before(Transition.STATE), Tensors.of(state, 1, state.length));
    Transition start = Transition.of(raw, List.of(observation.instruction()));
    Transition ready =
        processors.before(
            actions == null
                ? start
                : start.withAction(Pictures.rows(actions, actionSize).unsqueeze(0)));
    List<String> declared = List.copyOf(views.keySet());
    Map<String, Tensor> pixels = new LinkedHashMap<>();
    Map<String, SeenView> seen = new LinkedHashMap<>();
    for (CameraInput input : CameraInputs.of(ready.observation(), declared, image, image, resize)) {
      @Nullable View view = views.get(input.name());
      if (view != null && input.transform().isPresent()) {
        pixels.put(input.name(), input.image());
        seen.put(input.name(), new SeenView(input.name(), view, input.transform().get()));
      }
    }
    Tensor normal = ready.action();
    return new PreparedSample(
        observation,
        pixels,
        seen,
        ready.get(Transition.TOKENS),
        ready.get(Transition.TOKEN_MASK),
        stateInput ? ready.get(Transition.STATE) : null,
        normal == null ? null : normal.squeeze(0),
        said -> processors.after(said.narrow(-1, 0, actionSize).unsqueeze(0), ready).squeeze(0));
  }

  /** The name that the processors' own renaming turns into this one. */
  private String before(String name) {
    for (Map.Entry<String, String> rename : processors.renames().entrySet()) {
      if (rename.getValue().equals(name)) {
        return rename.getKey();
      }
    }
    return name;
  }

  @Override
  public void close() {
    processors.close();
  }
}
