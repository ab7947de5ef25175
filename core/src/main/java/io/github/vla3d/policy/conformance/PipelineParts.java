package io.github.vla3d.policy.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.vla3d.data.NormStats;
import io.github.vla3d.policy.processing.LiberoState;
import io.github.vla3d.policy.processing.TimeEmbedding;
import io.github.vla3d.policy.processing.Tokenizer;
import io.github.vla3d.policy.processing.openpi.ModelInput;
import io.github.vla3d.policy.processing.openpi.OpenpiPipeline;
import io.github.vla3d.policy.processing.openpi.Request;
import io.github.vla3d.policy.processing.openpi.Robot;
import io.github.vla3d.policy.processing.openpi.Settings;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.TorchException;
import io.github.vla3d.verify.Fixture;
import io.github.vla3d.verify.Tolerance;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Whole pipelines, and what belongs to one environment. */
final class PipelineParts {
  private static final Tolerance F64 = Tolerance.of(0, 1e-9);
  private static final Tolerance LIBERO_F32 = Tolerance.of(0, 1e-5);
  private static final Tolerance TIMES = Tolerance.of(0, 1e-7);
  private static final double MIN_PERIOD = 4e-3;
  private static final double MAX_PERIOD = 4;

  private PipelineParts() {}

  static void openpi(Fixture fixture, JsonNode entry) {
    try (Tokenizer tokenizer = Tokenizer.open(fixture.path(TextParts.MODEL))) {
      for (JsonNode item : entry.path("cases")) {
        openpi(fixture, item, tokenizer);
      }
    }
  }

  private static void openpi(Fixture fixture, JsonNode item, Tokenizer tokenizer) {
    String file = "openpi_pipelines.safetensors";
    String tag = item.path("tag").asText();
    NormStats stats = NormStats.read(fixture.path("norm_stats_" + tag + ".json"));
    OpenpiPipeline pipeline = new OpenpiPipeline(settings(item), stats, tokenizer);
    Map<String, Tensor> values = new LinkedHashMap<>();
    String start = tag + ".obs|";
    for (String name : fixture.specs(file).keySet()) {
      if (name.startsWith(start)) {
        values.put(name.substring(start.length()).replace('|', '/'), fixture.input(file, name));
      }
    }
    // The same words came as the default, without a prompt in the request.
    String words = item.path("prompt").asText();
    @Nullable String prompt = words.equals(item.path("default_prompt").asText()) ? null : words;
    ModelInput input = pipeline.input(new Request(values, prompt));
    String got = tag + ".model_input|";
    for (ModelInput.Camera camera : input.cameras()) {
      fixture.compare(file, got + "image|" + camera.name(), camera.image(), Tolerance.EXACT);
      fixture.compare(
          file,
          got + "image_mask|" + camera.name(),
          Tensors.of(new boolean[] {camera.present()}, 1),
          Tolerance.EXACT);
    }
    fixture.compare(file, got + "state", input.state(), F64);
    long[] ids = input.prompt().ids();
    fixture.compare(file, got + "tokenized_prompt", Tensors.of(ids, ids.length), Tolerance.EXACT);
    fixture.compare(
        file,
        got + "tokenized_prompt_mask",
        Tensors.of(input.prompt().mask(), ids.length),
        Tolerance.EXACT);
    Tensor said = fixture.input(file, tag + ".model_actions");
    fixture.compare(file, tag + ".response|actions", pipeline.output(input.state(), said), F64);
  }

  private static Settings settings(JsonNode item) {
    String environment = item.path("env").asText();
    Robot robot =
        switch (environment) {
          case "LIBERO" -> Robot.libero();
          case "DROID" -> Robot.droid();
          case "ALOHA" -> Robot.aloha(true);
          default ->
              throw new TorchException(
                  "openpi_pipelines: wanted LIBERO, DROID or ALOHA, got '" + environment + "'");
        };
    List<Boolean> delta = new ArrayList<>();
    item.path("delta_mask").forEach(value -> delta.add(value.asBoolean()));
    int size = item.path("resize").asInt();
    return new Settings(
        robot,
        item.path("use_quantiles").asBoolean(),
        delta,
        item.path("discrete_state_input").asBoolean(),
        item.path("max_len").asInt(),
        size,
        size,
        item.path("action_dim").asInt(),
        item.path("default_prompt").asText(null));
  }

  static void libero(Fixture fixture) {
    String file = "libero_state.safetensors";
    Tensor quaternion = fixture.input(file, "quat_xyzw");
    fixture.compare(
        file,
        "lerobot.state",
        LiberoState.of(
            fixture.input(file, "eef_pos"), quaternion, fixture.input(file, "gripper_qpos")),
        LIBERO_F32);
    fixture.compare(
        file, "openpi.axis_angle_f64", LiberoState.axisAngle(quaternion.to(DType.F64), 0), F64);
    fixture.compare(
        file,
        "lerobot.image_rotated",
        LiberoState.rotated(fixture.input(file, "image")),
        Tolerance.EXACT);
  }

  static void times(Fixture fixture) {
    String file = "pi_time_embedding.safetensors";
    Tensor times = fixture.input(file, "t");
    for (String name : fixture.specs(file).keySet()) {
      if (name.startsWith("emb")) {
        int size = Integer.parseInt(name.substring("emb".length(), name.indexOf('.')));
        Tensor table = TimeEmbedding.of(times, size, MIN_PERIOD, MAX_PERIOD);
        fixture.compare(file, name, name.endsWith("float32") ? table.to(DType.F32) : table, TIMES);
      }
    }
  }
}
