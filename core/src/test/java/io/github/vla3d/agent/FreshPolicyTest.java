package io.github.vla3d.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.data.ActionChunks;
import io.github.vla3d.data.NormStats;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.RgbImage;
import io.github.vla3d.policy.MemoryBlock;
import io.github.vla3d.policy.PolicyException;
import io.github.vla3d.policy.ViewTokens;
import io.github.vla3d.policy.pi.PiConfig;
import io.github.vla3d.policy.pi.PiFamily;
import io.github.vla3d.policy.processing.Tokenizer;
import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.optim.AdamW;
import io.github.vla3d.torch.optim.ParameterGroup;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Policies made here, and what every agent does whatever its policy. */
class FreshPolicyTest {
  @TempDir Path folder;

  private static NormStats stats() {
    double[] zeros = new double[8];
    double[] ones = new double[8];
    double[] minus = new double[8];
    java.util.Arrays.fill(ones, 1);
    java.util.Arrays.fill(minus, -1);
    return new NormStats(
        java.util.Map.of(
            "state",
            NormStats.Vector.of(zeros, ones, minus, ones),
            "actions",
            NormStats.Vector.of(
                java.util.Arrays.copyOf(zeros, 7),
                java.util.Arrays.copyOf(ones, 7),
                java.util.Arrays.copyOf(minus, 7),
                java.util.Arrays.copyOf(ones, 7))));
  }

  private static Observation observation(int seed) {
    Random random = new Random(seed);
    byte[] pixels = new byte[3 * 64 * 48];
    random.nextBytes(pixels);
    float[] state = new float[8];
    for (int i = 0; i < 8; i++) {
      state[i] = random.nextFloat();
    }
    return Golden.observation(
        "put the bowl on the plate",
        state,
        Golden.view("agentview", RgbImage.copyOf(64, 48, pixels)),
        Golden.view("wrist", RgbImage.copyOf(48, 64, pixels)));
  }

  private static FreshPolicy policy(PiFamily family) {
    return FreshPolicy.test(family, List.of("agentview", "wrist"));
  }

  private Path written(PiFamily family) {
    Path place = folder.resolve(family.name());
    policy(family).write(place, stats(), 1);
    return place;
  }

  @ParameterizedTest
  @EnumSource
  void whatIsWrittenIsLoaded(PiFamily family) {
    Path place = written(family);
    try (Agent agent = Agent.load(place, AgentOptions.DEFAULTS)) {
      ActionChunk chunk = agent.act(observation(1), 0);
      assertThat(chunk.horizon()).isEqualTo(8);
      assertThat(chunk.width()).isEqualTo(7);
      Path copy = folder.resolve("copy");
      agent.save(copy);
      try (Agent again = Agent.load(copy, AgentOptions.DEFAULTS)) {
        assertThat(again.act(observation(1), 0)).isEqualTo(chunk);
      }
      assertThatThrownBy(() -> agent.save(place)).isInstanceOf(PolicyException.class);
    }
    assertThatThrownBy(() -> policy(family).write(place, stats(), 1))
        .isInstanceOf(PolicyException.class)
        .hasMessageContaining("empty");
  }

  @ParameterizedTest
  @EnumSource
  void theConfigurationIsReadBackAsItWas(PiFamily family) {
    PiConfig config = FreshPolicy.tiny(family, List.of("front")).config(8, 7);
    assertThat(PiConfig.lerobot(config.toJson(java.util.Map.of()))).isEqualTo(config);
  }

  @Test
  void theSameSeedGivesTheSameWeights() throws java.io.IOException {
    Path first = written(PiFamily.PI0);
    Path second = folder.resolve("second");
    policy(PiFamily.PI0).write(second, stats(), 1);
    assertThat(
            Files.mismatch(first.resolve("model.safetensors"), second.resolve("model.safetensors")))
        .isEqualTo(-1);
  }

  @Test
  void textIsReadByteByByte() {
    Path place = written(PiFamily.PI05);
    try (Tokenizer tokenizer = Tokenizer.open(place.resolve("tokenizer"))) {
      String text = "Task: r\u00fccken, \u76d8;\nAction: ";
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      int[] ids = tokenizer.encode(text, true);
      assertThat(ids).hasSize(1 + bytes.length);
      assertThat(ids[0]).isEqualTo(2);
      for (int i = 0; i < bytes.length; i++) {
        assertThat(ids[1 + i]).isEqualTo(4 + (bytes[i] & 0xff));
      }
      assertThat(tokenizer.pad()).isZero();
    }
  }

  /** On one batch with one noise: the whole walk carries gradients. */
  @ParameterizedTest
  @EnumSource
  void itLearns(PiFamily family) {
    try (Agent agent = Agent.load(written(family), AgentOptions.DEFAULTS)) {
      agent.policy().network().unfreeze(name -> true);
      float[][] rows = new float[8][7];
      rows[3][2] = 0.7f;
      List<ActionChunks.Chunk> targets =
          List.of(
              new ActionChunks.Chunk(rows, new boolean[8]),
              new ActionChunks.Chunk(new float[8][7], new boolean[8]));
      List<ParameterGroup> groups =
          List.of(new ParameterGroup(agent.policy().network().trainable(), 0));
      try (AdamW optimizer = new AdamW(AdamW.Options.DEFAULT, groups)) {
        List<Double> losses = new ArrayList<>();
        for (int step = 0; step < 30; step++) {
          losses.add(Scope.call(scope -> step(agent, targets, optimizer)));
        }
        assertThat(losses.get(29)).isLessThan(0.5 * losses.get(0));
      }
    }
  }

  private static double step(Agent agent, List<ActionChunks.Chunk> targets, AdamW optimizer) {
    try (Generator random = new Generator(3)) {
      TrainingBatch batch = agent.prepare(List.of(observation(1), observation(2)), targets);
      Perception seen = agent.perceive(batch.observation());
      Tensor loss = agent.loss(seen, batch, agent.noise(5, 6), agent.times(random, 2));
      Tensor mean = loss.narrow(2, 0, batch.width()).mean();
      optimizer.zeroGrad();
      Autograd.backward(mean);
      optimizer.step(3e-3);
      return mean.item();
    }
  }

  @Test
  void memoryEntersBetweenPrefixAndSampler() {
    Path place = written(PiFamily.PI05);
    List<String> asked = new ArrayList<>();
    boolean[] some = {false};
    boolean[] closed = {false};
    AgentOptions options =
        AgentOptions.DEFAULTS.withMemory(
            policy ->
                new Memory() {
                  @Override
                  public Optional<MemoryBlock> remember(
                      PreparedObservation observation, ViewTokens views) {
                    ViewTensors geometry = observation.geometry(views.cameras());
                    asked.add(views.cameras() + " " + geometry.depth().size(3));
                    return some[0]
                        ? Optional.of(
                            new MemoryBlock(
                                Tensors.ones(observation.batch(), 3, policy.tokenWidth()),
                                Tensors.full(1, DType.BOOL, Device.CPU, observation.batch(), 3)))
                        : Optional.empty();
                  }

                  @Override
                  public void close() {
                    closed[0] = true;
                  }
                });
    try (Agent plain = Agent.load(place, AgentOptions.DEFAULTS);
        Agent agent = Agent.load(place, options)) {
      ActionChunk without = plain.act(observation(1), 0);
      assertThat(agent.act(observation(1), 0)).isEqualTo(without);
      some[0] = true;
      assertThat(agent.act(observation(1), 0)).isNotEqualTo(without);
      assertThat(agent.act(observation(1), 0).timings().parts()).containsKey(Timings.Part.MEMORY);
      assertThat(asked).contains("[observation.images.agentview, observation.images.wrist] 56");
    }
    assertThat(closed[0]).isTrue();
  }

  @Test
  void threadsShareAnAgent() throws Exception {
    try (Agent agent = Agent.load(written(PiFamily.PI0), AgentOptions.DEFAULTS)) {
      List<ActionChunk> alone = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        alone.add(agent.act(observation(i), i));
      }
      ExecutorService threads = Executors.newFixedThreadPool(4);
      try {
        List<Callable<ActionChunk>> calls = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
          int n = i % 4;
          calls.add(() -> agent.act(observation(n), n));
        }
        List<Future<ActionChunk>> done = threads.invokeAll(calls);
        for (int i = 0; i < 16; i++) {
          assertThat(done.get(i).get()).isEqualTo(alone.get(i % 4));
        }
      } finally {
        threads.shutdownNow();
      }
    }
  }
}
