package io.github.vla3d.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.data.NormStats;
import io.github.vla3d.data.Observation;
import io.github.vla3d.policy.Sampling;
import io.github.vla3d.policy.pi.PiFamily;
import io.github.vla3d.scene.config.ConfigException;
import io.github.vla3d.scene.config.Preset;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.nn.Parameter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How scene tokens meet a policy: behind its prefix, within it, or through gates. */
class InjectionTest {
  @TempDir Path folder;

  private Path base(PiFamily family) {
    Path place = folder.resolve(family.type());
    if (!Files.exists(place)) {
      FreshPolicy.test(family, List.of("agentview", "wrist"))
          .write(
              place,
              new NormStats(
                  Map.of("state", NormStats.Vector.unit(8), "actions", NormStats.Vector.unit(7))),
              1);
    }
    return place;
  }

  /** Every probe may become a token, so that there are tokens before anything has been learnt. */
  private static Preset preset(String visibility, String form) {
    return Preset.of("test")
        .with("scene.selection.score", "0")
        .with("injection.visibility", visibility)
        .with("injection.form", form);
  }

  private Agent agent(PiFamily family, String visibility, String form) {
    Preset preset = preset(visibility, form);
    return Agent.load(
        base(family),
        AgentOptions.DEFAULTS.withMemory(policy -> ScenePlugin.fresh(policy, preset, 1, 5)));
  }

  private ActionChunk bare(PiFamily family, Observation observation) {
    try (Agent agent = Agent.load(base(family), AgentOptions.DEFAULTS)) {
      return agent.act(observation, 1);
    }
  }

  private static Parameter gates(Agent agent) {
    return Objects.requireNonNull(
        ((ScenePlugin) agent.memory().orElseThrow()).scene().gates(), "gates");
  }

  private static void open(Agent agent) {
    Scope.run(() -> gates(agent).value().detach().fill_(0.7));
  }

  @ParameterizedTest
  @EnumSource
  void closedGatesChangeNothingAndOpenOnesDo(PiFamily family) {
    Observation seen = SceneTrainingTest.twoViews(1);
    try (Agent agent = agent(family, "memory", "gated")) {
      assertThat(agent.act(seen, 1)).isEqualTo(bare(family, seen));
      open(agent);
      assertThat(agent.act(seen, 1)).isNotEqualTo(bare(family, seen));
    }
  }

  @ParameterizedTest
  @EnumSource
  void gatesLearnFromTheFirstStepAndAreKept(PiFamily family) throws IOException {
    Observation seen = SceneTrainingTest.twoViews(1);
    Path saved = folder.resolve("plugin");
    ActionChunk chunk;
    try (Agent agent = agent(family, "memory", "gated")) {
      for (Stage stage : Stage.values()) {
        float[] before = Scope.call(scope -> gates(agent).value().toFloats());
        try (SceneTrainingTest.Run run = new SceneTrainingTest.Run(agent, stage, 0)) {
          assertThat(run.step(List.of(seen), 2, true, 1e-3).values()).allMatch(Double::isFinite);
        }
        float[] after = Scope.call(scope -> gates(agent).value().toFloats());
        for (int layer = 0; layer < after.length; layer++) {
          assertThat(after[layer]).as("%s, layer %d", stage, layer).isNotEqualTo(before[layer]);
        }
      }
      chunk = agent.act(seen, 1);
      PluginFolder.save(agent, saved, saved);
    }
    try (Agent agent = Agent.load(saved, AgentOptions.DEFAULTS)) {
      assertThat(agent.act(seen, 1)).isEqualTo(chunk);
    }
  }

  /** A sample without tokens beside one with them reads nothing. */
  @ParameterizedTest
  @EnumSource
  void aSampleWithoutTokensActsAsTheBase(PiFamily family) {
    Observation seen = SceneTrainingTest.twoViews(1);
    Observation flat =
        SceneTrainingTest.observation(
            SceneTrainingTest.view("agentview", 1, false),
            SceneTrainingTest.view("wrist", 2, false));
    try (Agent bare = Agent.load(base(family), AgentOptions.DEFAULTS);
        Agent gated = agent(family, "memory", "gated")) {
      open(gated);
      Sampling sampling = bare.sampling();
      long[] seeds = {1, 2};
      List<ActionChunk> alone = bare.act(List.of(seen, flat), seeds, sampling);
      List<ActionChunk> both = gated.act(List.of(seen, flat), seeds, sampling);
      assertThat(both.get(1)).isEqualTo(alone.get(1));
      assertThat(both.get(0)).isNotEqualTo(alone.get(0));
    }
  }

  @ParameterizedTest
  @EnumSource
  void withinThePrefixAllSeeEachOther(PiFamily family) throws IOException {
    Observation seen = SceneTrainingTest.twoViews(1);
    Observation flat = SceneTrainingTest.observation(SceneTrainingTest.view("wrist", 2, false));
    ActionChunk behind;
    try (Agent agent = agent(family, "memory", "concat")) {
      behind = agent.act(seen, 1);
    }
    Path saved = folder.resolve("plugin");
    ActionChunk within;
    try (Agent agent = agent(family, "prefix", "concat")) {
      within = agent.act(seen, 1);
      assertThat(agent.act(flat, 1)).isEqualTo(bare(family, flat));
      try (SceneTrainingTest.Run run = new SceneTrainingTest.Run(agent, Stage.INSTANCES, 0)) {
        assertThat(run.step(List.of(seen, seen), 2, true, 1e-3).values())
            .allMatch(Double::isFinite);
      }
      PluginFolder.save(agent, saved, saved);
      // As it is loaded: the engine takes some products otherwise while a factor wants a gradient.
      ((ScenePlugin) agent.memory().orElseThrow()).scene().freeze(name -> true);
      ActionChunk trained = agent.act(seen, 1);
      try (Agent again = Agent.load(saved, AgentOptions.DEFAULTS)) {
        assertThat(again.act(seen, 1)).isEqualTo(trained);
      }
    }
    assertThat(within).isNotEqualTo(behind).isNotEqualTo(bare(family, seen));
  }

  /** A sample in a batch with others of more tokens acts as alone, to rounding. */
  @ParameterizedTest
  @EnumSource
  void withinThePrefixAPaddedSampleActsAsAlone(PiFamily family) {
    Observation seen = SceneTrainingTest.twoViews(1);
    Observation one = SceneTrainingTest.observation(SceneTrainingTest.view("agentview", 3, true));
    Observation flat = SceneTrainingTest.observation(SceneTrainingTest.view("agentview", 3, false));
    try (Agent agent = agent(family, "prefix", "concat")) {
      long[] seeds = {1, 2, 3};
      List<ActionChunk> batch = agent.act(List.of(seen, one, flat), seeds, agent.sampling());
      List<Observation> all = List.of(seen, one, flat);
      for (int i = 0; i < 3; i++) {
        ActionChunk alone = agent.act(all.get(i), seeds[i]);
        for (int h = 0; h < alone.horizon(); h++) {
          for (int a = 0; a < 7; a++) {
            assertThat(batch.get(i).action(h)[a])
                .as("sample %d", i)
                .isCloseTo(alone.action(h)[a], org.assertj.core.api.Assertions.within(1e-4f));
          }
        }
      }
    }
  }

  @Test
  void gatesWithinThePrefixAreRefused() {
    assertThatThrownBy(() -> PresetSections.injection(preset("prefix", "gated")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("injection.form: wanted concat");
    assertThat(PresetSections.injection(Preset.of("paper")))
        .isEqualTo(
            new PresetSections.Injection(
                PresetSections.Visibility.MEMORY, PresetSections.Form.CONCAT));
    PresetSections.Augment augment = PresetSections.augment(Preset.of("paper"));
    assertThat(augment.frame()).isFalse();
    assertThat(augment.noise().isNone()).isTrue();
    assertThat(augment.turns().isNone()).isTrue();
  }
}
