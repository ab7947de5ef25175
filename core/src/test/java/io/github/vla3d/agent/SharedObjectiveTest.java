package io.github.vla3d.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.data.ActionChunks;
import io.github.vla3d.data.NormStats;
import io.github.vla3d.data.Observation;
import io.github.vla3d.policy.pi.PiFamily;
import io.github.vla3d.scene.completion.CompletionQueries;
import io.github.vla3d.scene.completion.HiddenParts;
import io.github.vla3d.scene.config.Preset;
import io.github.vla3d.scene.instance.Targets;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.ProcessGroup;
import io.github.vla3d.torch.Ranks;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.distributed.BatchShare;
import io.github.vla3d.torch.nn.Parameter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a stage trains for, in two processes with half a batch each, against one. */
class SharedObjectiveTest {
  private static final double CLOSE = 1e-5;

  @TempDir Path folder;

  /** What the second sample, and so the second share, has. */
  private enum Second {
    EVERYTHING,
    NO_LABELS,
    NO_DEPTH,
    ONE_VIEW
  }

  private static Observation second(Second second) {
    return switch (second) {
      case EVERYTHING, NO_LABELS -> SceneTrainingTest.twoViews(3);
      case NO_DEPTH ->
          SceneTrainingTest.observation(
              SceneTrainingTest.view("agentview", 3, false),
              SceneTrainingTest.view("wrist", 4, false));
      case ONE_VIEW -> SceneTrainingTest.observation(SceneTrainingTest.view("agentview", 3, true));
    };
  }

  private static SceneObjective.Labels labels(BatchShare share, Second second, int views) {
    SceneObjective.Labels all = SceneTrainingTest.labels(2, views, true);
    Tensor valid = all.targets().valid();
    HiddenParts parts = all.parts();
    CompletionQueries queries = all.completion();
    if (parts == null || queries == null) {
      throw new AssertionError();
    }
    if (second == Second.NO_LABELS) {
      valid.narrow(0, 1, 1).fill_(0);
      parts.known().narrow(0, 1, 1).fill_(0);
      parts.occluded().narrow(0, 1, 1).fill_(0);
    }
    return new SceneObjective.Labels(
        new Targets(
            share.rows(all.targets().boxes()),
            share.rows(all.targets().centroids()),
            share.rows(valid),
            share.rows(all.targets().inView()),
            share.rows(all.targets().masks())),
        new CompletionQueries(
            share.rows(queries.points()),
            share.rows(queries.viewIds()),
            share.rows(queries.valid())),
        new HiddenParts(
            share.rows(parts.points()),
            share.rows(parts.shares()),
            share.rows(parts.occluded()),
            share.rows(parts.known())));
  }

  /** Losses by name, and gradients. */
  private record Result(Map<String, Double> losses, Map<String, double[]> gradients) {}

  private Result result(ProcessGroup group, Stage stage, Second second) {
    BatchShare share = new BatchShare(group);
    AgentOptions options =
        AgentOptions.DEFAULTS.withMemory(
            policy ->
                ScenePlugin.fresh(
                    policy,
                    Preset.of("test")
                        .with(
                            Map.of(
                                "scene.ssl.teacher", "branch",
                                "scene.completion.source", "head",
                                "scene.tokens.contentNoise", "0.1")),
                    1,
                    5));
    try (Agent agent = Agent.load(folder, options);
        SceneObjective objective = new SceneObjective(agent, stage, share);
        Generator random = new Generator(3)) {
      List<Observation> own = share.rows(List.of(SceneTrainingTest.twoViews(1), second(second)));
      List<ActionChunks.Chunk> chunks =
          share.rows(IntStream.range(0, 2).mapToObj(SceneTrainingTest::chunk).toList());
      TrainingBatch batch = agent.prepare(own, chunks);
      long[] shape = batch.actions().shape();
      Tensor noise = share.randn(random, batch.actions().dtype(), shape);
      Tensor time = share.rows(agent.times(random, 2));
      int views = second == Second.ONE_VIEW && group.rank() == 1 ? 1 : 2;
      SceneObjective.Losses losses =
          objective.of(batch, labels(share, second, views), noise, time, random);
      losses.total().backward();
      Map<String, Double> values = new LinkedHashMap<>();
      losses.terms().forEach((name, value) -> values.put(name, value.item()));
      values.put("total", losses.total().item());
      values.put("pairs", (double) losses.pairs());
      values.put("next", (double) random.randint(0, 1 << 30, 1).itemLong());
      Map<String, double[]> gradients = new LinkedHashMap<>();
      objective.expert().forEach((name, p) -> gradients.put("expert." + name, gradient(p)));
      objective.trained().forEach((name, p) -> gradients.put("scene." + name, gradient(p)));
      return new Result(values, gradients);
    }
  }

  private static double[] gradient(Parameter parameter) {
    @Nullable Tensor gradient = parameter.value().grad();
    return gradient == null
        ? new double[Math.toIntExact(parameter.value().numel())]
        : gradient.to(io.github.vla3d.torch.DType.F64).contiguous().toDoubles();
  }

  @ParameterizedTest
  @CsvSource({
    "INSTANCES, EVERYTHING",
    "INSTANCES, NO_LABELS",
    "INSTANCES, NO_DEPTH",
    "INSTANCES, ONE_VIEW",
    "COMPLETION, EVERYTHING",
    "COMPLETION, NO_LABELS",
    "COMPLETION, NO_DEPTH",
    "COMPLETION, ONE_VIEW"
  })
  void sharesAddUpToTheBatch(Stage stage, Second second) {
    FreshPolicy.test(PiFamily.PI05, List.of("agentview", "wrist"))
        .write(
            folder,
            new NormStats(
                Map.of("state", NormStats.Vector.unit(8), "actions", NormStats.Vector.unit(7))),
            1);
    Result whole = Ranks.run(1, group -> result(group, stage, second)).get(0);
    List<Result> shares = Ranks.run(2, group -> result(group, stage, second));
    assertThat(shares.get(1).losses).isEqualTo(shares.get(0).losses);
    assertThat(whole.losses.get("total")).isPositive();
    whole.losses.forEach(
        (name, value) ->
            assertThat(shares.get(0).losses.get(name))
                .as(name)
                .isCloseTo(value, within(CLOSE * Math.abs(value))));
    double all = norm(whole.gradients.values().stream().flatMapToDouble(Arrays::stream).toArray());
    whole.gradients.forEach(
        (name, wanted) -> {
          double[] missing = new double[wanted.length];
          for (int i = 0; i < wanted.length; i++) {
            missing[i] = wanted[i];
            for (Result share : shares) {
              missing[i] -= Objects.requireNonNull(share.gradients.get(name), name)[i];
            }
          }
          // Some gradients are rounding alone.
          assertThat(norm(missing)).as(name).isLessThan(CLOSE * (norm(wanted) + 1e-3 * all));
        });
  }

  private static double norm(double[] values) {
    return Math.sqrt(Arrays.stream(values).map(x -> x * x).sum());
  }
}
