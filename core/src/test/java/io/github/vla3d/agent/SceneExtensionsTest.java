package io.github.vla3d.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.vla3d.data.NormStats;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.RgbImage;
import io.github.vla3d.data.View;
import io.github.vla3d.policy.PixelRectangle;
import io.github.vla3d.policy.TokenGrid;
import io.github.vla3d.policy.pi.PiFamily;
import io.github.vla3d.scene.config.Preset;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The second stage with pixels hidden before the tower, and with a head of completion points. */
class SceneExtensionsTest {
  private static final List<String> CAMERAS = List.of("agentview", "wrist");

  @TempDir Path folder;

  private Agent agent(Map<String, String> choices) {
    Path place = folder.resolve("policy");
    FreshPolicy.test(PiFamily.PI05, CAMERAS)
        .write(
            place,
            new NormStats(
                Map.of("state", NormStats.Vector.unit(8), "actions", NormStats.Vector.unit(7))),
            1);
    return Agent.load(
        place,
        AgentOptions.DEFAULTS
            .withOrientation(Orientation.STORED)
            .withMemory(
                policy -> ScenePlugin.fresh(policy, Preset.of("test").with(choices), 1, 5)));
  }

  @ParameterizedTest
  @CsvSource({
    "scene.ssl.mask, pixels, ssl, 0.7",
    "scene.completion.source, head, ssl, 0.7",
    "scene.completion.source, head, head, 0.5"
  })
  void trainingRunsAndLossesFall(String key, String value, String term, double to) {
    List<Observation> batch = List.of(SceneTrainingTest.twoViews(1), SceneTrainingTest.twoViews(3));
    try (Agent agent = agent(Map.of(key, value));
        SceneTrainingTest.Run run = new SceneTrainingTest.Run(agent, Stage.COMPLETION, 0)) {
      double first = Objects.requireNonNull(run.step(batch, 2, true, 1e-3).get(term));
      Map<String, Double> last = Map.of();
      for (int i = 0; i < 100; i++) {
        last = run.step(batch, 2, true, 1e-3);
      }
      assertThat(last.values()).allMatch(Double::isFinite);
      assertThat(last.get(term)).as(term).isLessThan(to * first);
      // A sample without labels has nothing for a head to learn.
      assertThat(run.step(batch, 2, false, 1e-3).values()).allMatch(Double::isFinite);
    }
  }

  // ---------------------------------------- what the context knows

  /** Stages of the second stage's losses on one sample. */
  private static Map<String, float[]> seen(
      Agent agent, SceneObjective objective, Observation observation) {
    Map<String, float[]> seen = new HashMap<>();
    Scope.run(
        () -> {
          TrainingBatch batch =
              agent.prepare(List.of(observation), List.of(SceneTrainingTest.chunk(1)));
          try (Generator random = new Generator(3)) {
            objective.of(
                batch,
                SceneTrainingTest.labels(1, CAMERAS.size(), true),
                random.randn(DType.F32, batch.actions().shape()),
                agent.times(random, 1),
                random,
                (stage, value) ->
                    seen.put(stage, value.detach().to(DType.F32).contiguous().toFloats()));
          }
        });
    return seen;
  }

  private static float[] stage(Map<String, float[]> seen, String name) {
    return Objects.requireNonNull(seen.get(name), name);
  }

  /** The same with the colours of the pixels of some tokens inverted. */
  private static Observation inverted(Observation like, Set<Integer> tokens, TokenGrid grid) {
    List<View> views = new ArrayList<>();
    for (int v = 0; v < like.views().size(); v++) {
      View view = like.views().get(v);
      byte[] rgb = view.rgb().toArray();
      for (int token : tokens) {
        if (token / grid.tokens() == v) {
          PixelRectangle at = grid.rectangle(token % grid.tokens());
          for (int y = at.top(); y < at.bottom(); y++) {
            for (int i = 3 * at.left(); i < 3 * at.right(); i++) {
              rgb[3 * y * view.rgb().width() + i] ^= (byte) 0xff;
            }
          }
        }
      }
      views.add(
          View.of(
              view.name(),
              RgbImage.copyOf(view.rgb().width(), view.rgb().height(), rgb),
              view.depth(),
              view.camera()));
    }
    return new Observation(
        views, like.state(), like.worldFromEffectors(), like.instruction(), like.seconds());
  }

  /** Rows of [1, N, D] that are not hidden. */
  private static float[] visible(float[] rows, Set<Integer> hidden, int tokens) {
    int width = rows.length / tokens;
    float[] some = new float[(tokens - hidden.size()) * width];
    int at = 0;
    for (int token = 0; token < tokens; token++) {
      if (!hidden.contains(token)) {
        System.arraycopy(rows, token * width, some, width * at++, width);
      }
    }
    return some;
  }

  /**
   * Hidden pixels changed: with pixels masked the context is the same bit for bit, and so is what
   * the predictor says. With tokens masked it is not, for a tower looks at its whole picture.
   */
  @ParameterizedTest
  @EnumSource(SceneConfig.Mask.class)
  void hiddenPixelsAreNotInTheContext(SceneConfig.Mask mask) {
    boolean pixels = mask == SceneConfig.Mask.PIXELS;
    Map<String, String> choice = Map.of("scene.ssl.mask", mask.name().toLowerCase(Locale.ROOT));
    try (Agent agent = agent(choice);
        SceneObjective objective = new SceneObjective(agent, Stage.COMPLETION)) {
      TokenGrid grid = agent.policy().grid();
      int tokens = CAMERAS.size() * grid.tokens();
      Observation observation = SceneTrainingTest.twoViews(1);
      Map<String, float[]> plain = seen(agent, objective, observation);
      Set<Integer> hidden = new java.util.TreeSet<>();
      for (float token : stage(plain, "ssl.index")) {
        hidden.add((int) token);
      }
      assertThat(hidden).hasSizeBetween(2, tokens - 2);
      Map<String, float[]> other = seen(agent, objective, inverted(observation, hidden, grid));
      assertThat(stage(other, "ssl.index")).isEqualTo(stage(plain, "ssl.index"));
      // The teacher sees the change.
      assertThat(stage(other, "ssl.target")).isNotEqualTo(stage(plain, "ssl.target"));
      float[] context = visible(stage(plain, "ssl.memory_visible"), hidden, tokens);
      float[] after = visible(stage(other, "ssl.memory_visible"), hidden, tokens);
      assertThat(Arrays.equals(after, context)).isEqualTo(pixels);
      assertThat(Arrays.equals(stage(other, "ssl.output"), stage(plain, "ssl.output")))
          .isEqualTo(pixels);
      // Pixels beside the hidden ones are in the context either way.
      Set<Integer> open =
          java.util.stream.IntStream.range(0, tokens)
              .boxed()
              .filter(token -> !hidden.contains(token))
              .collect(Collectors.toSet());
      Map<String, float[]> elsewhere = seen(agent, objective, inverted(observation, open, grid));
      assertThat(visible(stage(elsewhere, "ssl.memory_visible"), hidden, tokens))
          .isNotEqualTo(context);
    }
  }

  @Test
  void patchesOfHiddenTokensAreGrey() {
    Scope.run(
        () -> {
          TokenGrid grid = new TokenGrid(2, 3, 4, 5);
          try (Generator random = new Generator(1)) {
            List<io.github.vla3d.policy.View> views = List.of(view("a", random), view("b", random));
            boolean[] masked = new boolean[2 * 2 * 6];
            masked[6 + 4] = true; // sample 0, view 1, row 1, column 1
            masked[12] = true; // sample 1, view 0, the first
            List<io.github.vla3d.policy.View> grey =
                HiddenPatches.of(views, Tensors.of(masked, 2, 12), grid);
            for (int v = 0; v < 2; v++) {
              float[] before = views.get(v).pixels().toFloats();
              float[] after = grey.get(v).pixels().toFloats();
              for (int i = 0; i < before.length; i++) {
                int sample = i / (3 * 8 * 15);
                int row = i / 15 % 8 / 4;
                int column = i % 15 / 5;
                boolean hidden = masked[12 * sample + 6 * v + 3 * row + column];
                assertThat(after[i]).isEqualTo(hidden ? 0 : before[i]);
              }
            }
          }
        });
  }

  private static io.github.vla3d.policy.View view(String camera, Generator random) {
    Tensor present = Tensors.of(new boolean[] {true, true}, 2);
    return new io.github.vla3d.policy.View(
        camera, random.rand(DType.F32, 2, 3, 8, 15).add(0.1), present);
  }
}
