package io.github.vla3d.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.data.ActionChunks;
import io.github.vla3d.data.Observation;
import io.github.vla3d.policy.PolicyException;
import io.github.vla3d.policy.View;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Weights;
import io.github.vla3d.torch.io.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What LeRobot's own policy made of the same observations, from end to end. */
class LerobotAgentTest {
  private static final List<String> TASKS =
      Golden.texts(Golden.json(Golden.path("pi05", "manifest.json")).path("raw_tasks"));

  private static Observation observation(Weights golden, int sample, String base, String wrist) {
    return Golden.observation(
        TASKS.get(sample),
        golden.get("raw.observation.state").select(0, sample).toFloats(),
        Golden.view(base, Golden.picture(picture(golden, "image", sample))),
        Golden.view(wrist, Golden.picture(picture(golden, "image2", sample))));
  }

  private static Tensor picture(Weights golden, String name, int sample) {
    return golden.get("raw.observation.images." + name).select(0, sample);
  }

  private static List<Observation> observations(Weights golden) {
    return List.of(
        observation(golden, 0, "agentview", "wrist"), observation(golden, 1, "image", "image2"));
  }

  private static List<ActionChunks.Chunk> targets(Weights golden, Agent agent) {
    List<ActionChunks.Chunk> targets = new ArrayList<>();
    for (int sample = 0; sample < 2; sample++) {
      float[][] rows = new float[agent.horizon()][];
      for (int h = 0; h < rows.length; h++) {
        rows[h] = golden.get("raw.action").select(0, sample).select(0, h).toFloats();
      }
      targets.add(new ActionChunks.Chunk(rows, new boolean[rows.length]));
    }
    return targets;
  }

  private static void withCase(BiConsumer<Agent, Weights> body) {
    try (Agent agent = Agent.load(Golden.path("pi05", "lerobot"), Golden.options("pi05"));
        Weights golden = Safetensors.open(Golden.path("pi05", "case_a.safetensors"))) {
      Scope.run(() -> body.accept(agent, golden));
    }
  }

  private static double distance(Tensor a, Tensor b) {
    return a.sub(b).abs().amax(false).item();
  }

  /**
   * The reference's pictures are no bytes: ours differ by up to half a step of 1/255 in [0, 1], as
   * do means of them, hence one step in [-1, 1].
   */
  @Test
  void observationsBecomeWhatTheReferenceMakesOfThem() {
    withCase(
        (agent, golden) -> {
          PreparedObservation prepared = agent.prepare(observations(golden));
          assertThat(prepared.instruction().ids().equal(golden.get("in.tokens"))).isTrue();
          assertThat(prepared.instruction().valid().equal(golden.get("in.token_mask"))).isTrue();
          assertThat(prepared.state()).isNull();
          assertThat(prepared.views()).hasSize(2);
          for (int i = 0; i < 2; i++) {
            View view = prepared.views().get(i);
            assertThat(view.camera()).isEqualTo(agent.policy().cameras().get(i));
            assertThat(distance(view.pixels(), golden.get("in.image" + i)))
                .isLessThan(1 / 255.0 + 1e-6);
            assertThat(view.present().equal(golden.get("in.image_mask" + i))).isTrue();
          }
        });
  }

  private static PreparedObservation withPictures(PreparedObservation prepared, Weights golden) {
    List<View> views = new ArrayList<>();
    for (int i = 0; i < prepared.views().size(); i++) {
      View view = prepared.views().get(i);
      views.add(new View(view.camera(), golden.get("in.image" + i), view.present()));
    }
    return prepared.withViews(views);
  }

  @Test
  void actionsAreThoseOfTheReference() {
    withCase(
        (agent, golden) -> {
          PreparedObservation prepared = withPictures(agent.prepare(observations(golden)), golden);
          Tensor said =
              agent.sample(agent.perceive(prepared), golden.get("in.noise"), agent.sampling());
          Tensor wanted = golden.get("policy.chunk_env");
          List<Tensor> actions = agent.toRobot(prepared, said);
          for (int b = 0; b < 2; b++) {
            Tensor of = wanted.select(0, b);
            Tensor error = actions.get(b).sub(of).abs().sub(of.abs().mul(1e-3));
            assertThat(error.amax(false).item()).isLessThan(1e-4);
          }
        });
  }

  @Test
  void targetsAndLossAreThoseOfTheReference() {
    withCase(
        (agent, golden) -> {
          TrainingBatch batch = agent.prepare(observations(golden), targets(golden, agent));
          assertThat(batch.width()).isEqualTo(7);
          assertThat(distance(batch.actions().narrow(2, 0, 7), golden.get("pre.action")))
              .isLessThan(1e-5);
          assertThat(batch.actions().narrow(2, 7, 25).abs().sum().item()).isZero();
          assertThat(batch.padded().any().itemBoolean()).isFalse();
          PreparedObservation same = withPictures(batch.observation(), golden);
          TrainingBatch given =
              new TrainingBatch(same, golden.get("in.actions"), batch.padded(), batch.width());
          Tensor loss =
              agent.loss(
                  agent.perceive(same), given, golden.get("in.noise"), golden.get("in.time"));
          double mean = loss.narrow(2, 0, batch.width()).mean().item();
          double wanted = golden.get("policy.loss").item();
          assertThat(Math.abs(mean - wanted)).isLessThan(1e-4 * wanted);
        });
  }

  @Test
  void aBatchIsItsSamples() {
    withCase(
        (agent, golden) -> {
          List<Observation> both = observations(golden);
          List<ActionChunk> chunks = agent.act(both, new long[] {3, 4}, agent.sampling());
          for (int i = 0; i < 2; i++) {
            float[][] alone = agent.act(both.get(i), 3 + i).actions();
            for (int h = 0; h < agent.horizon(); h++) {
              for (int a = 0; a < agent.actionSize(); a++) {
                assertThat(chunks.get(i).actions()[h][a])
                    .isCloseTo(alone[h][a], org.assertj.core.data.Offset.offset(2e-4f));
              }
            }
          }
        });
  }

  @Test
  void theSameSeedGivesTheSameBits() {
    withCase(
        (agent, golden) -> {
          Observation observation = observations(golden).get(0);
          ActionChunk chunk = agent.act(observation, 5);
          assertThat(agent.act(observation, 5)).isEqualTo(chunk);
          assertThat(agent.act(observation, 6)).isNotEqualTo(chunk);
          assertThat(chunk.timings().parts().keySet())
              .containsExactly(
                  Timings.Part.PREPROCESS,
                  Timings.Part.VISION,
                  Timings.Part.PREFIX,
                  Timings.Part.SAMPLING,
                  Timings.Part.POSTPROCESS);
          assertThat(chunk.horizon()).isEqualTo(7);
          assertThat(chunk.width()).isEqualTo(7);
          assertThat(agent.executed()).isEqualTo(5);
        });
  }

  @Test
  void wrongInputIsOneErrorBeforeAnyCompute() {
    withCase(
        (agent, golden) -> {
          Observation good = observations(golden).get(0);
          Observation narrow = new Observation(good.views(), new float[7], List.of(), "x", 0);
          assertThatThrownBy(() -> agent.act(narrow, 0))
              .isInstanceOf(PolicyException.class)
              .hasMessage("state: wanted 8 numbers, got 7");
          Observation strange = observation(golden, 0, "left", "right");
          assertThatThrownBy(() -> agent.act(strange, 0))
              .isInstanceOf(PolicyException.class)
              .hasMessageContaining("observation.images.image")
              .hasMessageContaining("[left, right]");
          Observation blind = new Observation(List.of(), new float[8], List.of(), "x", 0);
          assertThatThrownBy(() -> agent.act(blind, 0))
              .isInstanceOf(PolicyException.class)
              .hasMessageContaining("at least one of");
          assertThatThrownBy(() -> agent.act(List.of(good), new long[2], agent.sampling()))
              .isInstanceOf(PolicyException.class);
          assertThatThrownBy(() -> agent.prepare(List.of())).isInstanceOf(PolicyException.class);
          float[][] wide = new float[agent.horizon()][8];
          assertThatThrownBy(
                  () ->
                      agent.prepare(
                          List.of(good),
                          List.of(new ActionChunks.Chunk(wide, new boolean[wide.length]))))
              .isInstanceOf(PolicyException.class)
              .hasMessage("actions: wanted 7 numbers, got 8 at 0");
        });
  }

  @Test
  void viewsAreMappedAsGiven() {
    AgentOptions options =
        Golden.options("pi05")
            .withCameras(
                Map.of("observation.images.image2", "left", "observation.images.image", "right"));
    try (Agent agent = Agent.load(Golden.path("pi05", "lerobot"), options);
        Weights golden = Safetensors.open(Golden.path("pi05", "case_a.safetensors"))) {
      Scope.run(
          () -> {
            PreparedObservation prepared =
                agent.prepare(List.of(observation(golden, 0, "right", "left")));
            assertThat(prepared.seen(0).get("observation.images.image"))
                .matches(seen -> seen.source().name().equals("right"));
            assertThatThrownBy(
                    () -> agent.prepare(List.of(observation(golden, 0, "right", "wrist"))))
                .hasMessageContaining("wanted a view 'left'");
          });
    }
    assertThatThrownBy(
            () ->
                Agent.load(
                    Golden.path("pi05", "lerobot"), options.withCameras(Map.of("third", "left"))))
        .isInstanceOf(PolicyException.class)
        .hasMessageContaining("'third'");
  }

  @Test
  void otherFoldersAreRefused(@TempDir Path folder) throws IOException {
    assertThatThrownBy(() -> Agent.load(Golden.path("preprocess"), AgentOptions.DEFAULTS))
        .isInstanceOf(PolicyException.class)
        .hasMessageContaining("config.json");
    Files.writeString(folder.resolve("config.json"), "{\"type\": \"act\"}");
    assertThatThrownBy(() -> Agent.load(folder, AgentOptions.DEFAULTS))
        .isInstanceOf(PolicyException.class)
        .hasMessageContaining("wanted a policy of type pi0 or pi05, got \"act\"");
  }
}
