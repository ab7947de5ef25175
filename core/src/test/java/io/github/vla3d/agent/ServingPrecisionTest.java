package io.github.vla3d.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.data.NormStats;
import io.github.vla3d.policy.pi.PiFamily;
import io.github.vla3d.scene.SceneModule;
import io.github.vla3d.scene.config.Preset;
import io.github.vla3d.scene.layers.Body;
import io.github.vla3d.torch.DType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A plug-in acts in the type of its policy, and trains in fp32. */
class ServingPrecisionTest {
  /** What decides where things are, and what is picked, stays as exact as it was trained. */
  private static final List<String> EXACT =
      List.of(
          "fusion.coordinate.",
          "probes.",
          ".coordinate.",
          ".gate.",
          "log_temperature",
          "heads.logit.",
          "heads.view_position.",
          "predictor.position.",
          "tokens.end_effector.",
          "routing.",
          "norm");

  @TempDir Path folder;

  private Path saved(PiFamily family) throws IOException {
    Path base = folder.resolve("policy");
    FreshPolicy.test(family, List.of("agentview", "wrist"))
        .write(
            base,
            new NormStats(
                Map.of("state", NormStats.Vector.unit(8), "actions", NormStats.Vector.unit(7))),
            1);
    Path plugin = folder.resolve("plugin");
    Preset preset =
        Preset.of("test").with("scene.selection.score", "0").with("scene.selection.radius", "0");
    try (Agent agent =
        Agent.load(
            base,
            AgentOptions.DEFAULTS.withMemory(policy -> ScenePlugin.fresh(policy, preset, 1, 5)))) {
      PluginFolder.save(agent, plugin, plugin);
    }
    return plugin;
  }

  private static SceneModule scene(Agent agent) {
    return ((ScenePlugin) agent.memory().orElseThrow()).scene();
  }

  @ParameterizedTest
  @EnumSource(AgentOptions.Precision.class)
  void bodiesAreInThePolicysTypeAndTheRestInFp32(AgentOptions.Precision precision)
      throws IOException {
    boolean full = precision == AgentOptions.Precision.FP32;
    Path plugin = saved(PiFamily.PI05);
    try (Agent agent = Agent.load(plugin, AgentOptions.DEFAULTS.withPrecision(precision))) {
      assertThat(scene(agent).body()).isEqualTo(full ? Body.FULL : Body.BF16);
      scene(agent)
          .parameters()
          .forEach(
              (name, parameter) -> {
                boolean body = !full && Body.holds(name);
                assertThat(parameter.value().dtype())
                    .as(name)
                    .isEqualTo(body ? DType.BF16 : DType.F32);
                if (EXACT.stream().anyMatch(name::contains)) {
                  assertThat(body).as(name).isFalse();
                }
              });
      ActionChunk chunk = agent.act(SceneTrainingTest.twoViews(1), 1);
      for (int h = 0; h < chunk.horizon(); h++) {
        for (float number : chunk.action(h)) {
          assertThat(number).isFinite();
        }
      }
    }
  }

  @Test
  void trainingGoesOnInFp32() throws IOException {
    Path plugin = saved(PiFamily.PI05);
    AgentOptions narrow = AgentOptions.DEFAULTS.withPrecision(AgentOptions.Precision.BF16);
    try (Agent agent = PluginFolder.resume(plugin, narrow)) {
      assertThat(scene(agent).body()).isEqualTo(Body.FULL);
      assertThat(scene(agent).parameters().values())
          .allMatch(parameter -> parameter.value().dtype() == DType.F32);
    }
    // What acts in bf16 has lost digits: an optimiser would train on what is left.
    try (Agent agent = Agent.load(plugin, narrow)) {
      assertThatThrownBy(() -> new SceneObjective(agent, Stage.INSTANCES))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("wanted a plug-in in fp32, got one that acts in bf16");
    }
  }
}
