package io.github.vla3d.agent;

import io.github.vla3d.data.Observation;
import io.github.vla3d.data.View;
import io.github.vla3d.policy.processing.Tokenizer;
import io.github.vla3d.policy.processing.openpi.ModelInput;
import io.github.vla3d.policy.processing.openpi.OpenpiPipeline;
import io.github.vla3d.policy.processing.openpi.Robot;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * openpi's transforms for one robot.
 *
 * @param tokenizer of the pipeline, closed with this
 * @param stateInput whether the network reads the state beside the prompt
 */
record OpenpiProcessors(
    OpenpiPipeline pipeline, Robot robot, Tokenizer tokenizer, boolean stateInput)
    implements Processors {
  @Override
  public int stateSize() {
    return robot.stateSize();
  }

  @Override
  public int actionSize() {
    return robot.actionSize();
  }

  @Override
  public PreparedSample prepare(
      Observation observation, Map<String, View> views, float @Nullable [][] actions) {
    Map<String, Tensor> images = new LinkedHashMap<>();
    views.forEach((camera, view) -> images.put(camera, Pictures.bytes(view.rgb())));
    float[] state = observation.state();
    // Clients send double precision.
    Tensor numbers = Tensors.of(state, state.length).to(DType.F64);
    @Nullable Tensor targets =
        actions == null ? null : Pictures.rows(actions, actionSize()).to(DType.F64);
    @Nullable String prompt =
        observation.instruction().isEmpty() ? null : observation.instruction();
    ModelInput input = pipeline.input(robot.request(images, numbers, targets, prompt));
    Map<String, Tensor> pixels = new LinkedHashMap<>();
    Map<String, SeenView> seen = new LinkedHashMap<>();
    for (ModelInput.Camera camera : input.cameras()) {
      @Nullable View view = views.get(camera.name());
      if (camera.present() && view != null) {
        Tensor bytes = camera.image().permute(2, 0, 1).unsqueeze(0);
        pixels.put(camera.name(), Pictures.unit(bytes).mul(2).sub(1));
        seen.put(camera.name(), new SeenView(camera.name(), view, camera.transform()));
      }
    }
    Tensor normal = input.state();
    long[] ids = input.prompt().ids();
    return new PreparedSample(
        observation,
        pixels,
        seen,
        Tensors.of(ids, 1, ids.length),
        Tensors.of(input.prompt().mask(), 1, ids.length),
        stateInput ? normal.unsqueeze(0) : null,
        input.actions(),
        said -> pipeline.output(normal, said));
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
