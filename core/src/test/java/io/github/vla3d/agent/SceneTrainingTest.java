package io.github.vla3d.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.data.ActionChunks;
import io.github.vla3d.data.NormStats;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.RgbImage;
import io.github.vla3d.data.View;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.DepthImage;
import io.github.vla3d.geometry.Intrinsics;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.policy.PolicyException;
import io.github.vla3d.policy.pi.PiFamily;
import io.github.vla3d.scene.completion.CompletionQueries;
import io.github.vla3d.scene.completion.HiddenParts;
import io.github.vla3d.scene.config.Preset;
import io.github.vla3d.scene.instance.Targets;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.optim.AdamW;
import io.github.vla3d.torch.optim.ParameterGroup;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A gradient through everything: policy, plug-in, both stages, the folder; on made-up scenes. */
class SceneTrainingTest {
  private static final int PIXELS = 56;

  @TempDir Path folder;

  private Path base(PiFamily family, long seed) {
    Path place = folder.resolve(family.type() + seed);
    FreshPolicy.test(family, List.of("agentview", "wrist"))
        .write(
            place,
            new NormStats(
                Map.of("state", NormStats.Vector.unit(8), "actions", NormStats.Vector.unit(7))),
            seed);
    return place;
  }

  private static AgentOptions plugged(long seed) {
    return AgentOptions.DEFAULTS.withMemory(
        policy -> ScenePlugin.fresh(policy, Preset.of("test"), 1, seed));
  }

  /** A camera above the table, looking down on a plane at height 0 with noise. */
  static View view(String name, int seed, boolean depth) {
    Random random = new Random(seed);
    byte[] rgb = new byte[3 * PIXELS * PIXELS];
    random.nextBytes(rgb);
    float[] metres = new float[PIXELS * PIXELS];
    for (int i = 0; i < metres.length; i++) {
      metres[i] = 0.8f + 0.1f * random.nextFloat();
    }
    Camera camera =
        new Camera(
            Intrinsics.of(60, 60, PIXELS / 2.0, PIXELS / 2.0, PIXELS, PIXELS),
            RigidTransform.of(
                new double[] {1, 0, 0, 0, -1, 0, 0, 0, -1}, new Vector3(0.5, 0.05 * seed, 0.8)));
    return View.of(
        name,
        RgbImage.copyOf(PIXELS, PIXELS, rgb),
        depth ? Optional.of(DepthImage.of(metres, PIXELS, PIXELS)) : Optional.empty(),
        Optional.of(camera));
  }

  static Observation observation(View... views) {
    return new Observation(
        List.of(views),
        new float[] {.1f, .2f, .3f, 0, 0, 0, .5f, .5f},
        List.of(RigidTransform.translation(new Vector3(0.5, 0, 0.3))),
        "put the bowl on the plate",
        0);
  }

  static Observation twoViews(int seed) {
    return observation(view("agentview", seed, true), view("wrist", seed + 1, true));
  }

  /** Two objects in both views, one of them half hidden. */
  static SceneObjective.Labels labels(int batch, int views, boolean some) {
    boolean[] masks = new boolean[batch * 2 * views * PIXELS * PIXELS];
    float[] boxes = new float[batch * 2 * views * 4];
    float[] centroids = new float[batch * 2 * 3];
    for (int i = 0; i < batch * 2; i++) {
      int left = i % 2 == 0 ? 8 : 30;
      centroids[3 * i] = 0.5f + (i % 2 == 0 ? -0.1f : 0.1f);
      centroids[3 * i + 1] = 0.05f;
      centroids[3 * i + 2] = 0.02f;
      for (int v = 0; v < views; v++) {
        int at = i * views + v;
        float[] box = {(left + 8f) / PIXELS, 28f / PIXELS, 16f / PIXELS, 16f / PIXELS};
        System.arraycopy(box, 0, boxes, 4 * at, 4);
        for (int p = 0; p < 256; p++) {
          masks[(at * PIXELS + 20 + p / 16) * PIXELS + left + p % 16] = true;
        }
      }
    }
    boolean[] valid = new boolean[batch * 2];
    Arrays.fill(valid, some);
    boolean[] inView = new boolean[batch * 2 * views];
    Arrays.fill(inView, some);
    float[] hidden = new float[batch * 30 * 3];
    boolean[] asked = new boolean[batch * 30];
    for (int i = 0; i < asked.length; i++) {
      hidden[3 * i] = 0.4f + 0.01f * (i % 5);
      hidden[3 * i + 1] = 0.05f;
      asked[i] = some && i % 30 < 5;
    }
    return new SceneObjective.Labels(
        new Targets(
            Tensors.of(boxes, batch, 2, views, 4),
            Tensors.of(centroids, batch, 2, 3),
            Tensors.of(valid, batch, 2),
            Tensors.of(inView, batch, 2, views),
            Tensors.of(masks, batch, 2, views, PIXELS, PIXELS)),
        new CompletionQueries(
            Tensors.of(hidden, batch, 30, 3),
            Tensors.zeros(DType.I64, io.github.vla3d.torch.Device.CPU, batch, 30),
            Tensors.of(asked, batch, 30)),
        parts(batch, centroids, some));
  }

  /** Of both objects it is known what is hidden; of the second nothing is. */
  private static HiddenParts parts(int batch, float[] centroids, boolean some) {
    float[] points = new float[batch * 2 * 5 * 3];
    float[] shares = new float[batch * 2];
    boolean[] occluded = new boolean[batch * 2];
    boolean[] known = new boolean[batch * 2];
    for (int i = 0; i < batch * 2; i++) {
      for (int k = 0; k < 5; k++) {
        points[15 * i + 3 * k] = centroids[3 * i] + 0.01f * k;
        points[15 * i + 3 * k + 1] = centroids[3 * i + 1];
        points[15 * i + 3 * k + 2] = centroids[3 * i + 2];
      }
      shares[i] = i % 2 == 0 ? 0.3f : 0.02f;
      occluded[i] = some && i % 2 == 0;
      known[i] = some;
    }
    return new HiddenParts(
        Tensors.of(points, batch, 2, 5, 3),
        Tensors.of(shares, batch, 2),
        Tensors.of(occluded, batch, 2),
        Tensors.of(known, batch, 2));
  }

  static ActionChunks.Chunk chunk(int seed) {
    Random random = new Random(seed);
    float[][] actions = new float[8][7];
    for (float[] action : actions) {
      for (int i = 0; i < action.length; i++) {
        action[i] = random.nextFloat() - 0.5f;
      }
    }
    return new ActionChunks.Chunk(actions, new boolean[8]);
  }

  /** One training on a fixed batch, noise and time. */
  static final class Run implements AutoCloseable {
    private final Agent agent;
    final SceneObjective objective;
    final AdamW optimizer;

    Run(Agent agent, Stage stage, double decay) {
      this.agent = agent;
      this.objective = new SceneObjective(agent, stage);
      Map<String, io.github.vla3d.torch.nn.Parameter> all = new LinkedHashMap<>();
      objective.expert().forEach((n, p) -> all.put("expert." + n, p));
      objective.trained().forEach((n, p) -> all.put("scene." + n, p));
      this.optimizer =
          new AdamW(
              new AdamW.Options(0.9, 0.95, 1e-8, true), List.of(new ParameterGroup(all, decay)));
    }

    Map<String, Double> step(
        List<Observation> observations, int views, boolean labelled, double rate) {
      return Scope.call(
          scope -> {
            List<ActionChunks.Chunk> actions =
                java.util.stream.IntStream.range(0, observations.size())
                    .mapToObj(SceneTrainingTest::chunk)
                    .toList();
            TrainingBatch batch = agent.prepare(observations, actions);
            try (Generator random = new Generator(3)) {
              Tensor noise = random.randn(DType.F32, batch.actions().shape());
              Tensor time = agent.times(random, observations.size());
              SceneObjective.Losses losses =
                  objective.of(
                      batch, labels(observations.size(), views, labelled), noise, time, random);
              optimizer.zeroGrad();
              losses.total().backward();
              Map<String, Double> values = new LinkedHashMap<>();
              losses.terms().forEach((name, value) -> values.put(name, value.item()));
              values.put("total", losses.total().item());
              optimizer.step(rate);
              objective.stepped();
              return values;
            }
          });
    }

    @Override
    public void close() {
      optimizer.close();
      objective.close();
    }
  }

  private static Map<String, String> bytes(Map<String, Tensor> tensors) {
    Map<String, String> bytes = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> bytes.put(name, HexFormat.of().formatHex(tensor.toBytes())));
    return bytes;
  }

  private static Map<String, String> all(Agent agent) {
    Map<String, Tensor> all = new LinkedHashMap<>();
    agent.policy().network().save().forEach((n, t) -> all.put("policy." + n, t));
    ScenePlugin plugin = (ScenePlugin) agent.memory().orElseThrow();
    plugin.scene().save().forEach((n, t) -> all.put("scene." + n, t));
    return bytes(all);
  }

  @ParameterizedTest
  @EnumSource
  void bothStagesLearnWhatTheyShouldAndNothingElse(PiFamily family) {
    List<Observation> batch = List.of(twoViews(1), twoViews(3));
    int steps = family == PiFamily.PI05 ? 200 : 40;
    try (Agent agent = Agent.load(base(family, 1), plugged(5))) {
      for (Stage stage : Stage.values()) {
        Map<String, String> before = all(agent);
        Map<String, Double> first;
        Map<String, Double> last = Map.of();
        Set<String> trained = new TreeSet<>();
        try (Run run = new Run(agent, stage, 0.01)) {
          run.objective.expert().keySet().forEach(n -> trained.add("policy." + n));
          run.objective.trained().keySet().forEach(n -> trained.add("scene." + n));
          first = run.step(batch, 2, true, 1e-3);
          for (int i = 1; i < steps; i++) {
            last = run.step(batch, 2, true, 1e-3);
          }
        }
        assertThat(first.values()).allMatch(Double::isFinite);
        assertThat(last.values()).allMatch(Double::isFinite);
        if (family == PiFamily.PI05) {
          for (String term :
              stage == Stage.INSTANCES ? List.of("total", "instance") : List.of("total", "ssl")) {
            assertThat(last.get(term))
                .as("%s of stage %s", term, stage)
                .isLessThan(0.5 * first.getOrDefault(term, Double.NaN));
          }
        }
        Map<String, String> after = all(agent);
        Set<String> moved = new TreeSet<>();
        after.forEach(
            (name, value) -> {
              if (!value.equals(before.get(name))) {
                moved.add(name);
              }
            });
        assertThat(moved).as("stage %s", stage).isEqualTo(trained);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aSavedPluginActsAsBefore(PiFamily family) throws IOException {
    Path base = base(family, 1);
    Path saved = folder.resolve("plugin");
    ActionChunk chunk;
    try (Agent agent = Agent.load(base, plugged(5))) {
      try (Run run = new Run(agent, Stage.INSTANCES, 0)) {
        run.step(List.of(twoViews(1)), 2, true, 1e-3);
      }
      chunk = agent.act(twoViews(7), 1);
      PluginFolder.save(agent, saved, saved);
    }
    try (Agent agent = Agent.load(saved, AgentOptions.DEFAULTS)) {
      assertThat(agent.act(twoViews(7), 1)).isEqualTo(chunk);
    }
    try (Agent plain = Agent.load(base, AgentOptions.DEFAULTS)) {
      assertThat(plain.act(twoViews(7), 1)).isNotEqualTo(chunk);
    }
  }

  /** After the first stage alone, what would make tokens of hidden points has learnt nothing. */
  @Test
  void hiddenPointsAreCompletedOnceThatWasTrained() throws IOException {
    Path base = base(PiFamily.PI05, 1);
    try (Agent agent = Agent.load(base, plugged(5))) {
      ScenePlugin plugin = (ScenePlugin) agent.memory().orElseThrow();
      assertThat(plugin.inference().completion()).isNotNull();
      for (Stage stage : Stage.values()) {
        try (Run run = new Run(agent, stage, 0)) {
          run.step(List.of(twoViews(1)), 2, true, 1e-3);
        }
        Path saved = folder.resolve("after" + stage.ordinal());
        PluginFolder.save(agent, saved, saved);
        try (Agent again = Agent.load(saved, AgentOptions.DEFAULTS)) {
          ScenePlugin kept = (ScenePlugin) again.memory().orElseThrow();
          assertThat(kept.through()).isEqualTo(stage);
          for (ScenePlugin one : List.of(plugin, kept)) {
            assertThat(one.inference().completion() != null).isEqualTo(stage == Stage.COMPLETION);
          }
        }
      }
    }
  }

  @Test
  void anOlderFormatIsNamed() throws IOException {
    Path saved = folder.resolve("plugin");
    try (Agent agent = Agent.load(base(PiFamily.PI05, 1), plugged(5))) {
      PluginFolder.save(agent, saved, saved);
    }
    java.nio.file.Files.writeString(
        saved.resolve("plugin.json"), "{\"format\": 1, \"base\": \"x\"}");
    assertThatThrownBy(() -> Agent.load(saved, AgentOptions.DEFAULTS))
        .isInstanceOf(PolicyException.class)
        .hasMessageContaining("plugin.json: wanted format 2, got 1");
  }

  @Test
  void anotherPolicyIsRefused() throws IOException {
    Path base = base(PiFamily.PI05, 1);
    Path saved = folder.resolve("plugin");
    try (Agent agent = Agent.load(base, plugged(5))) {
      PluginFolder.save(agent, saved, saved);
    }
    Path other = base(PiFamily.PI05, 2);
    java.nio.file.Files.copy(
        other.resolve("model.safetensors"),
        base.resolve("model.safetensors"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertThatThrownBy(() -> Agent.load(saved, AgentOptions.DEFAULTS))
        .isInstanceOf(PolicyException.class)
        .hasMessageContaining("another");
  }

  @ParameterizedTest
  @EnumSource
  void withoutCalibratedDepthThePolicyActsAlone(PiFamily family) {
    Path base = base(family, 1);
    Observation flat = observation(view("agentview", 1, false), view("wrist", 2, false));
    ActionChunk alone;
    try (Agent agent = Agent.load(base, AgentOptions.DEFAULTS)) {
      alone = agent.act(flat, 1);
    }
    try (Agent agent = Agent.load(base, plugged(5))) {
      assertThat(agent.act(flat, 1)).isEqualTo(alone);
    }
  }

  @Test
  void oneViewAViewWithoutDepthAndASampleWithoutLabelsGoThrough() {
    try (Agent agent = Agent.load(base(PiFamily.PI05, 1), plugged(5))) {
      for (Stage stage : Stage.values()) {
        try (Run run = new Run(agent, stage, 0)) {
          Observation one = observation(view("agentview", 1, true));
          Observation half = observation(view("agentview", 1, true), view("wrist", 2, false));
          assertFinite(run.step(List.of(one), 1, true, 1e-4), "one view");
          assertFinite(run.step(List.of(half), 2, true, 1e-4), "a view without depth");
          assertFinite(run.step(List.of(twoViews(1)), 2, false, 1e-4), "no label");
          assertFinite(run.step(List.of(twoViews(1), one), 2, true, 1e-4), "mixed");
        }
      }
      assertThat(agent.act(observation(view("agentview", 1, true)), 1).horizon()).isEqualTo(8);
    }
  }

  private static void assertFinite(Map<String, Double> values, @Nullable String what) {
    assertThat(values.values()).as(what).isNotEmpty().allMatch(Double::isFinite);
  }
}
