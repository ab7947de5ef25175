package io.github.vla3d.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.data.NormStats;
import io.github.vla3d.data.Observation;
import io.github.vla3d.policy.Part;
import io.github.vla3d.policy.PolicyException;
import io.github.vla3d.policy.pi.PiFamily;
import io.github.vla3d.scene.config.Preset;
import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.nn.Parameter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A policy that is kept as its action expert and a reference to the rest. */
class ExpertFolderTest {
  @TempDir Path folder;
  private Path base = Path.of(".");
  private final Observation seen = SceneTrainingTest.twoViews(1);

  @BeforeEach
  void write() {
    base = folder.resolve("base");
    FreshPolicy.test(PiFamily.PI05, List.of("agentview", "wrist"))
        .write(
            base,
            new NormStats(
                Map.of("state", NormStats.Vector.unit(8), "actions", NormStats.Vector.unit(7))),
            1);
  }

  private static void change(Parameter parameter) {
    Scope.run(
        () ->
            Autograd.noGrad(
                () -> {
                  parameter.value().mul_(1.5);
                  return true;
                }));
  }

  @Test
  void actsAsTheWholePolicyDoes() throws IOException {
    Path small = folder.resolve("small");
    ActionChunk before;
    try (Agent agent = Agent.load(base, AgentOptions.DEFAULTS)) {
      before = agent.act(seen, 1);
    }
    ActionChunk chunk;
    try (Agent agent = Agent.load(base, AgentOptions.DEFAULTS)) {
      agent.policy().parameters(Part.ACTION_EXPERT).values().forEach(ExpertFolderTest::change);
      chunk = agent.act(seen, 1);
      assertThat(chunk).isNotEqualTo(before);
      PluginFolder.saveExpert(agent, AgentOptions.DEFAULTS, base, small);
    }
    try (Agent agent = Agent.load(small, AgentOptions.DEFAULTS)) {
      assertThat(agent.memory()).isEmpty();
      assertThat(agent.act(seen, 1)).isEqualTo(chunk);
    }
    Path moved = folder.resolve("elsewhere");
    Files.createDirectories(moved);
    Files.move(small, moved.resolve("small"));
    assertThatThrownBy(() -> Agent.load(moved.resolve("small"), AgentOptions.DEFAULTS))
        .isInstanceOf(PolicyException.class)
        .hasMessageContaining("no such folder");
  }

  @Test
  void refusesAPolicyThatDiffersElsewhere() {
    Path small = folder.resolve("small");
    try (Agent agent = Agent.load(base, AgentOptions.DEFAULTS)) {
      Map<String, Parameter> rest = agent.policy().parameters(Part.VLM);
      String name = rest.keySet().iterator().next();
      change(Objects.requireNonNull(agent.policy().network().parameters().get(name)));
      assertThatThrownBy(() -> PluginFolder.saveExpert(agent, AgentOptions.DEFAULTS, base, small))
          .isInstanceOf(PolicyException.class)
          .hasMessageContaining(name);
    }
    assertThat(small).doesNotExist();
  }

  @Test
  void refusesWhatItCannotKeep() throws IOException {
    Path small = folder.resolve("small");
    Path second = folder.resolve("second");
    try (Agent agent = Agent.load(base, AgentOptions.DEFAULTS)) {
      PluginFolder.saveExpert(agent, AgentOptions.DEFAULTS, base, small);
      assertThatThrownBy(() -> PluginFolder.saveExpert(agent, AgentOptions.DEFAULTS, small, second))
          .isInstanceOf(PolicyException.class)
          .hasMessageContaining("wanted a policy with all its weights");
    }
    AgentOptions plugged =
        AgentOptions.DEFAULTS.withMemory(
            policy -> ScenePlugin.fresh(policy, Preset.of("test"), 1, 5));
    try (Agent agent = Agent.load(base, plugged)) {
      assertThatThrownBy(() -> PluginFolder.saveExpert(agent, AgentOptions.DEFAULTS, base, second))
          .isInstanceOf(PolicyException.class)
          .hasMessageContaining("wanted a policy without a plug-in");
    }
    assertThat(second).doesNotExist();
  }
}
