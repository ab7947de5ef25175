package io.github.vla3d.scene.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.vla3d.scene.CompletionSource;
import io.github.vla3d.scene.Guidance;
import io.github.vla3d.scene.Perception;
import io.github.vla3d.scene.SceneModule;
import io.github.vla3d.scene.completion.CompletionQueries;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.input.SceneInput;
import io.github.vla3d.scene.instance.Targets;
import io.github.vla3d.scene.layers.Body;
import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Weights;
import io.github.vla3d.torch.io.Safetensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bodies in bf16 against the whole in fp32, on scenes and weights of the reference. */
class BodyPrecisionTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden/scene");

  /** bf16 has 8 bits: 0.2 % a rounding. Root of the mean square, relative to that of fp32. */
  private static final double MEMORY = 0.006;

  /**
   * By preset. With its 10 bands, {@code paper} sees millimetres of a point: the finest is 4 mm.
   */
  private static final Map<String, Double> TOKENS = Map.of("paper", 0.06, "default", 0.015);

  /** Metres, of the 0.6 that a probe may move. */
  private static final double POINTS = 0.005;

  /** What no body is in the way of: the same bits. */
  private static final List<String> SAME =
      List.of(
          "token.points",
          "token.has_depth",
          "fusion.coordinate",
          "layer0.points_in",
          "layer0.position",
          "layer0.u_raw",
          "layer0.u",
          "layer0.z",
          "layer0.valid");

  /**
   * What came of a walk, by probe and not by slot: two probes that say nearly the same may swap.
   */
  private record Walk(
      Map<String, byte[]> stages,
      Map<String, DType> types,
      float[] memory,
      float[] points,
      Map<String, float[]> tokens) {}

  private static Walk walk(
      SceneConfig config, JsonNode choices, String preset, String name, Body body) {
    return Scope.call(
        scope -> {
          try (Safetensors in =
                  Safetensors.open(GOLDEN.resolve("inputs/" + name + ".safetensors"));
              Safetensors file = Safetensors.open(GOLDEN.resolve(preset + "/weights.safetensors"));
              SceneModule module = new SceneModule(config, Manifest.ports(choices), body)) {
            Map<String, Tensor> weights = new TreeMap<>();
            for (String parameter : module.tensors().keySet()) {
              String other = "override." + parameter;
              weights.put(
                  parameter, in.specs().containsKey(other) ? in.get(other) : file.get(parameter));
            }
            module.load(Weights.of(preset, weights), DType.F32, Device.CPU);
            module.storeBodies();
            return Autograd.noGrad(() -> walk(module, in));
          }
        });
  }

  private static Walk walk(SceneModule module, Safetensors in) {
    Map<String, byte[]> stages = new TreeMap<>();
    Map<String, DType> types = new TreeMap<>();
    Perception seen =
        module.perceive(
            new SceneInput(
                in.get("in.tokens"),
                in.get("in.depth"),
                in.get("in.intrinsics"),
                in.get("in.camera_from_world"),
                in.get("in.present"),
                in.get("in.padding"),
                in.get("in.view_ids"),
                in.get("in.end_effector")),
            new Guidance(targets(in), completion(in), null),
            (stage, value) -> {
              types.put(stage, value.dtype());
              if (SAME.contains(stage)) {
                stages.put(stage, value.contiguous().toBytes());
              }
            });
    long slots = seen.selection().index().size(1);
    long[] probes = seen.selection().index().toLongs();
    boolean[] valid = seen.tokens().valid().toBooleans();
    Tensor all = seen.tokens().tokens();
    Map<String, float[]> tokens = new TreeMap<>();
    for (int b = 0; b < all.size(0); b++) {
      for (int slot = 0; slot < all.size(1); slot++) {
        if (valid[b * (int) all.size(1) + slot]) {
          String of = slot < slots ? "probe " + probes[b * (int) slots + slot] : "point " + slot;
          tokens.put(b + " " + of, all.select(0, b).select(0, slot).contiguous().toFloats());
        }
      }
    }
    return new Walk(
        stages,
        types,
        seen.memory().features().contiguous().toFloats(),
        seen.instances().points().contiguous().toFloats(),
        tokens);
  }

  private static @Nullable Targets targets(Safetensors in) {
    return in.specs().containsKey("target.boxes")
        ? new Targets(
            in.get("target.boxes"),
            in.get("target.centroids"),
            in.get("target.valid"),
            in.get("target.in_view"),
            in.get("target.masks"))
        : null;
  }

  private static @Nullable CompletionSource completion(Safetensors in) {
    return in.specs().containsKey("in.completion.points")
        ? CompletionSource.of(
            new CompletionQueries(
                in.get("in.completion.points"),
                in.get("in.completion.view_ids"),
                in.get("in.completion.valid")))
        : null;
  }

  private static double apart(float[] full, float[] half) {
    double square = 0;
    double size = 0;
    for (int i = 0; i < full.length; i++) {
      square += (full[i] - half[i]) * (double) (full[i] - half[i]);
      size += full[i] * (double) full[i];
    }
    return Math.sqrt(square / size);
  }

  private static float[] joined(Map<String, float[]> tokens, List<String> names) {
    int width = tokens.values().iterator().next().length;
    float[] all = new float[names.size() * width];
    for (int i = 0; i < names.size(); i++) {
      System.arraycopy(
          tokens.getOrDefault(names.get(i), new float[width]), 0, all, i * width, width);
    }
    return all;
  }

  @ParameterizedTest
  @CsvSource({
    "paper, case_c",
    "default, case_c",
    "paper, case_e1",
    "default, case_e1",
    "paper, case_e4",
    "default, case_e4"
  })
  void tokensInBf16AreNearThoseInFp32(String preset, String name) throws IOException {
    JsonNode choices =
        new ObjectMapper()
            .readTree(GOLDEN.resolve("manifest.json").toFile())
            .required("configuration")
            .required(preset);
    SceneConfig config = Manifest.config(choices);
    Walk full = walk(config, choices, preset, name, Body.FULL);
    Walk half = walk(config, choices, preset, name, Body.BF16);
    for (String stage : SAME) {
      if (full.stages.containsKey(stage)) {
        assertThat(half.stages.get(stage)).as(stage).isEqualTo(full.stages.get(stage));
      }
    }
    assertThat(full.stages.keySet()).contains("token.points", "layer0.u", "layer0.z");
    // Between bodies everything is in fp32.
    assertThat(half.types).isEqualTo(full.types).doesNotContainValue(DType.BF16);
    List<String> both = new ArrayList<>(full.tokens.keySet());
    both.retainAll(half.tokens.keySet());
    assertThat(both.size()).isGreaterThanOrEqualTo(full.tokens.size() - 1);
    double memory = apart(full.memory, half.memory);
    double tokens = apart(joined(full.tokens, both), joined(half.tokens, both));
    double farthest = 0;
    for (int i = 0; i < full.points.length; i++) {
      farthest = Math.max(farthest, Math.abs(full.points[i] - half.points[i]));
    }
    System.out.printf(
        "%s %s: bf16 differs from fp32 by %.5f of the memory, %.5f of %d tokens, %.5f m%n",
        preset, name, memory, tokens, both.size(), farthest);
    assertThat(memory).isGreaterThan(0).isLessThan(MEMORY);
    assertThat(tokens).isGreaterThan(0).isLessThan(TOKENS.getOrDefault(preset, 0.0));
    assertThat(farthest).isLessThan(POINTS);
  }
}
