package io.github.vla3d.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.agent.ActionChunk;
import io.github.vla3d.agent.Agent;
import io.github.vla3d.agent.AgentOptions;
import io.github.vla3d.agent.FreshPolicy;
import io.github.vla3d.agent.PluginFolder;
import io.github.vla3d.agent.ScenePlugin;
import io.github.vla3d.agent.Timings;
import io.github.vla3d.cli.demo.DemoPage;
import io.github.vla3d.cli.demo.Entrant;
import io.github.vla3d.data.NormStats;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.RobotBase;
import io.github.vla3d.evaluation.AgentContestant;
import io.github.vla3d.evaluation.Arena;
import io.github.vla3d.evaluation.Contestant;
import io.github.vla3d.evaluation.EpisodeRow;
import io.github.vla3d.evaluation.EpisodeTable;
import io.github.vla3d.evaluation.Evaluation;
import io.github.vla3d.evaluation.EvaluationReport;
import io.github.vla3d.evaluation.ShippedWeights;
import io.github.vla3d.evaluation.Summary;
import io.github.vla3d.evaluation.TabletopBenchmark;
import io.github.vla3d.evaluation.Trial;
import io.github.vla3d.policy.pi.PiFamily;
import io.github.vla3d.scene.config.Preset;
import io.github.vla3d.tabletop.Tabletop;
import io.github.vla3d.torch.nn.Module;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code vla3d demo}: a policy with and without the plug-in on the same episodes, as one page. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = {
      "Lets the shipped baseline, its twin (trained on for as long as the plug-in, without it) and"
          + " 3DVLA act in the tabletop on the same episodes: as in training, with the camera moved,"
          + " with the target hidden.",
      "Prints a table with intervals and writes DIR/index.html, which needs nothing else."
    })
final class DemoCommand extends DocumentCommand {
  private static final int SIZE = 128;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "demo",
      description = "Folder for the page and its episodes (default: ${DEFAULT-VALUE}).")
  private Path out = Path.of("demo");

  @Option(names = "--quick", description = "A few episodes only: under a minute on two cores.")
  private boolean quick;

  @Option(
      names = "--task",
      split = ",",
      paramLabel = "NAMES",
      defaultValue = "spatial,object",
      description = "Tasks or suites that take turns (default: ${DEFAULT-VALUE}).")
  private List<String> tasks = List.of();

  @Option(
      names = "--baseline",
      paramLabel = "FOLDER",
      description = "Another baseline than the shipped one.")
  private @Nullable Path baseline;

  @Option(names = "--twin", paramLabel = "FOLDER", description = "Another twin.")
  private @Nullable Path twin;

  @Option(names = "--plugin", paramLabel = "FOLDER", description = "Another 3DVLA.")
  private @Nullable Path plugin;

  @Option(
      names = "--random-weights",
      description = "Policies that have learnt nothing: shows the page, not the method.")
  private boolean random;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Episodes at once (default: the processors); results do not depend on it.")
  private int threads = Runtime.getRuntime().availableProcessors();

  DemoCommand(Output output) {
    super(output);
  }

  @Override
  public Integer call() throws IOException {
    System.setProperty("java.awt.headless", "true");
    Map<ShippedWeights.Part, Path> folders =
        random ? drawn() : found(part -> Optional.ofNullable(given(part)), ShippedWeights::find);
    TabletopBenchmark benchmark = new TabletopBenchmark(SIZE);
    List<Trial> trials = (quick ? DemoSample.QUICK : DemoSample.FULL).trials(benchmark, tasks);
    List<AgentContestant> contestants = new ArrayList<>();
    try {
      for (ShippedWeights.Part part : ShippedWeights.Part.values()) {
        contestants.add(
            Models.contestant(
                part.folder(),
                Models.resolve(Objects.requireNonNull(folders.get(part))),
                AgentOptions.DEFAULTS,
                0));
      }
      return show(new Evaluation(benchmark, contestants, trials, 0, threads), contestants);
    } finally {
      contestants.forEach(Contestant::close);
    }
  }

  private @Nullable Path given(ShippedWeights.Part part) {
    return switch (part) {
      case BASELINE -> baseline;
      case TWIN -> twin;
      case PLUGIN -> plugin;
    };
  }

  /**
   * The folder of each policy.
   *
   * @param named those that somebody names
   * @throws IllegalArgumentException if one is neither named nor there
   */
  static Map<ShippedWeights.Part, Path> found(
      Function<ShippedWeights.Part, Optional<Path>> named,
      Function<ShippedWeights.Part, Optional<Path>> shipped) {
    Map<ShippedWeights.Part, Path> folders = new LinkedHashMap<>();
    List<String> missing = new ArrayList<>();
    for (ShippedWeights.Part part : ShippedWeights.Part.values()) {
      named
          .apply(part)
          .or(() -> shipped.apply(part))
          .ifPresentOrElse(
              folder -> folders.put(part, folder), () -> missing.add("weights/" + part.folder()));
    }
    if (!missing.isEmpty()) {
      throw new IllegalArgumentException(
          ("demo: wanted the policies that come with the program, got no %s; name others with"
                  + " --baseline, --twin and --plugin, or see the page with --random-weights")
              .formatted(String.join(", ", missing)));
    }
    return folders;
  }

  /** Three small policies that have learnt nothing, kept beside the page. */
  private Map<ShippedWeights.Part, Path> drawn() throws IOException {
    Path folder = out.resolve("random-weights");
    Path base = folder.resolve(ShippedWeights.Part.BASELINE.folder());
    Path other = folder.resolve(ShippedWeights.Part.TWIN.folder());
    Path with = folder.resolve(ShippedWeights.Part.PLUGIN.folder());
    NormStats stats =
        new NormStats(
            Map.of("state", NormStats.Vector.unit(8), "actions", NormStats.Vector.unit(7)));
    FreshPolicy fresh =
        FreshPolicy.test(PiFamily.PI05, List.of(Tabletop.SCENE_VIEW, Tabletop.WRIST_VIEW));
    if (!Files.isRegularFile(base.resolve("config.json"))) {
      fresh.write(base, stats, 1);
    }
    if (!Files.isRegularFile(other.resolve("config.json"))) {
      fresh.write(other, stats, 2);
    }
    if (!PluginFolder.is(with)) {
      // Nothing is sure of itself before it has learnt.
      Preset preset = Preset.of("test").with("scene.selection.score", "0");
      try (Agent agent =
          Agent.load(
              base,
              AgentOptions.DEFAULTS.withMemory(
                  policy -> ScenePlugin.fresh(policy, preset, 1, 3)))) {
        PluginFolder.save(agent, with, with);
      }
    }
    return Map.of(
        ShippedWeights.Part.BASELINE, base,
        ShippedWeights.Part.TWIN, other,
        ShippedWeights.Part.PLUGIN, with);
  }

  private int show(Evaluation evaluation, List<AgentContestant> contestants) throws IOException {
    long began = System.nanoTime();
    Summary summary;
    Path csv = out.resolve("episodes.csv");
    Path pictures = out.resolve("pictures");
    try (Interruption interruption = new Interruption();
        EpisodeTable table = new EpisodeTable(csv)) {
      boolean whole;
      try (Progress progress = new Progress("demo", "episodes", evaluation.missing(table))) {
        whole = evaluation.run(table, listener(pictures, progress, interruption));
      }
      if (!whole) {
        output.line("stopped; the same command goes on");
        return 0;
      }
      table.finish();
      summary = Summary.of(evaluation, table);
    }
    double seconds = (System.nanoTime() - began) / 1e9;
    output.note("drawing the page");
    List<Entrant> entrants = entrants(evaluation, contestants);
    DemoPage page =
        new DemoPage(
            entrants,
            summary,
            new DemoExamples(evaluation, summary, pictures).draw(contestants.get(2).agent()),
            "vla3d demo" + (quick ? " --quick" : "") + (random ? " --random-weights" : ""),
            random
                ? "Random weights: none of these policies has learnt anything. The page shows how results are shown, not what the method does."
                : "",
            seconds);
    Path file = out.resolve("index.html");
    Path next = out.resolve("index.html.tmp");
    Files.writeString(next, page.render(), StandardCharsets.UTF_8);
    Files.move(next, file, StandardCopyOption.REPLACE_EXISTING);
    EvaluationReport report = new EvaluationReport(summary);
    if (random) {
      output.line("RANDOM WEIGHTS: these figures say nothing about the method");
      output.line("");
    }
    report.lines().forEach(line -> output.line("%s", line));
    output.line("");
    output.line("%s", file);
    ObjectNode document = report.document();
    document.put("page", file.toString()).put("random_weights", random).put("seconds", seconds);
    output.json(document);
    return 0;
  }

  private Evaluation.Listener listener(
      Path pictures, Progress progress, Interruption interruption) {
    return new Evaluation.Listener() {
      @Override
      public void played(EpisodeRow row) {
        progress.advance(1);
      }

      @Override
      public Consumer<Arena> watcher(Contestant contestant, Trial trial) {
        return new Strip(Strip.file(pictures, contestant.name(), trial.episode()));
      }

      @Override
      public boolean stop() {
        return interruption.wanted();
      }
    };
  }

  // ---------------------------------------- what the page shows

  private List<Entrant> entrants(Evaluation evaluation, List<AgentContestant> contestants) {
    List<String> words =
        random
            ? List.of("random weights", "other random weights", "random plug-in on the first")
            : List.of(
                "trained on demonstrations, without depth",
                "the baseline trained on for as many steps, without depth",
                "the plug-in on the baseline");
    List<Entrant> entrants = new ArrayList<>();
    try (Arena arena = evaluation.benchmark().open()) {
      arena.begin(evaluation.trials().get(0));
      Observation seen = arena.observe();
      double without = 0;
      for (int i = 0; i < contestants.size(); i++) {
        AgentContestant contestant = contestants.get(i);
        List<Timings> timings = timings(contestant.agent(), seen);
        // Scene tokens go through the language model together with the prefix.
        double before = median(timings, DemoCommand::beforeActions);
        if (i == 0) {
          without = before;
        }
        entrants.add(
            new Entrant(
                contestant.name(),
                words.get(i),
                contestant.version(),
                count(contestant.agent().policy().network()),
                contestant.agent().memory().orElse(null) instanceof ScenePlugin with
                    ? count(with.scene())
                    : 0,
                median(timings, Timings::total),
                Math.max(0, before - without)));
      }
    }
    return entrants;
  }

  private static long count(Module module) {
    return module.parameters().values().stream()
        .mapToLong(parameter -> parameter.spec().numel())
        .sum();
  }

  private List<Timings> timings(Agent agent, Observation seen) {
    RobotBase base = AgentContestant.base(agent, seen);
    List<Timings> timings = new ArrayList<>();
    agent.act(base.inBase(seen), 0);
    for (int i = 0; i < (quick ? 5 : 15); i++) {
      ActionChunk chunk = agent.act(base.inBase(seen), i);
      timings.add(chunk.timings());
    }
    return timings;
  }

  private static Duration beforeActions(Timings timings) {
    return timings
        .parts()
        .getOrDefault(Timings.Part.PREFIX, Duration.ZERO)
        .plus(timings.parts().getOrDefault(Timings.Part.MEMORY, Duration.ZERO));
  }

  private static double median(List<Timings> timings, Function<Timings, Duration> part) {
    double[] sorted =
        timings.stream().mapToDouble(one -> part.apply(one).toNanos() / 1e6).sorted().toArray();
    return sorted[sorted.length / 2];
  }
}
