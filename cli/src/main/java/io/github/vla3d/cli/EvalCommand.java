package io.github.vla3d.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.datasets.io.Parquet;
import io.github.vla3d.evaluation.Arena;
import io.github.vla3d.evaluation.Benchmark;
import io.github.vla3d.evaluation.Contestant;
import io.github.vla3d.evaluation.EpisodeRow;
import io.github.vla3d.evaluation.EpisodeTable;
import io.github.vla3d.evaluation.Evaluation;
import io.github.vla3d.evaluation.EvaluationReport;
import io.github.vla3d.evaluation.ExpertContestant;
import io.github.vla3d.evaluation.Selection;
import io.github.vla3d.evaluation.Summary;
import io.github.vla3d.evaluation.TabletopBenchmark;
import io.github.vla3d.evaluation.Trial;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code vla3d eval}: how often policies succeed, on the same episodes. */
@Command(
    name = "eval",
    mixinStandardHelpOptions = true,
    description = {
      "Lets policies act in a benchmark, all on the same episodes with the same chance, and says how"
          + " often each succeeds, with 95 %% intervals (Wilson), and whether two differ (McNemar's"
          + " exact test).",
      "A row of each episode lands in DIR/episodes.csv as it ends. Ctrl-C and worse lose nothing"
          + " else: the same command goes on, and more episodes or policies may be asked for then."
    })
final class EvalCommand extends DocumentCommand {
  @Option(
      names = "--policy",
      required = true,
      paramLabel = "[NAME=]FOLDER",
      description =
          "A policy of LeRobot or openpi, a plug-in, what vla3d train wrote to, or 'expert' for the"
              + " scripted expert. Once for each policy.")
  private List<String> policies = new ArrayList<>();

  @Option(
      names = "--on",
      paramLabel = "BENCHMARK",
      defaultValue = "tabletop",
      description = "tabletop, so far the only one.")
  private String on = "";

  @Option(
      names = {"--task", "--suite"},
      split = ",",
      paramLabel = "NAMES",
      defaultValue = "all",
      description = "Names of tasks or suites, with commas between them, or 'all' (default).")
  private List<String> tasks = List.of();

  @Option(
      names = "--perturb",
      split = ",",
      paramLabel = "WORDS",
      defaultValue = Trial.NOMINAL,
      description =
          "Perturbations as dimension:severity, with commas between them: nominal (default),"
              + " camera:3, camera (all severities), camera.orbit:3 (one kind; otherwise kinds take"
              + " turns), all.")
  private List<String> perturbations = List.of();

  @Option(
      names = "--episodes",
      paramLabel = "N",
      defaultValue = "20",
      description =
          "Episodes of each task under each perturbation and severity (default: ${DEFAULT-VALUE}).")
  private int episodes;

  @Option(
      names = "--first",
      paramLabel = "N",
      defaultValue = "" + Selection.FIRST,
      description =
          "Number of the first episode (default: ${DEFAULT-VALUE}; those below are for"
              + " demonstrations).")
  private int first;

  @Option(
      names = "--execute",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Actions of each chunk before the next is asked for (default: as the policy wants).")
  private int execute;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Of the policies' noise, which is the same for all (default: 0).")
  private long seed;

  @Option(
      names = "--size",
      paramLabel = "PIXELS",
      defaultValue = "128",
      description = "Of the pictures (default: ${DEFAULT-VALUE}).")
  private int size;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Episodes at once (default: the processors); results do not depend on it.")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--video",
      paramLabel = "N",
      defaultValue = "0",
      description = "A GIF of each policy's first N episodes, if they are played now.")
  private int videos;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "eval",
      description =
          "Folder for episodes.csv, episodes.parquet, summary.json and videos (default:"
              + " ${DEFAULT-VALUE}).")
  private Path out = Path.of("eval");

  @Mixin private AgentMixin agent = new AgentMixin();

  EvalCommand(Output output) {
    super(output);
  }

  @Override
  public Integer call() throws IOException {
    System.setProperty("java.awt.headless", "true");
    if (!on.equals("tabletop")) {
      throw new IllegalArgumentException("--on: wanted tabletop, got '" + on + "'");
    }
    Benchmark benchmark = new TabletopBenchmark(size);
    List<Trial> trials = benchmark.trials(new Selection(tasks, perturbations, episodes, first));
    List<Contestant> contestants = new ArrayList<>();
    try {
      for (String policy : policies) {
        contestants.add(contestant(policy));
      }
      return evaluate(new Evaluation(benchmark, contestants, trials, seed, threads));
    } finally {
      contestants.forEach(Contestant::close);
    }
  }

  private Contestant contestant(String policy) {
    if (policy.equals(ExpertContestant.NAME)) {
      return new ExpertContestant();
    }
    int equals = policy.indexOf('=');
    Path given = Path.of(policy.substring(equals + 1));
    Path last = given.toAbsolutePath().normalize().getFileName();
    String name =
        equals > 0 ? policy.substring(0, equals) : last == null ? policy : last.toString();
    Path folder = Models.resolve(given);
    return Models.contestant(name, folder, agent.options(), execute);
  }

  private int evaluate(Evaluation evaluation) throws IOException {
    Path file = out.resolve("episodes.csv");
    boolean whole;
    Summary summary;
    try (Interruption interruption = new Interruption();
        EpisodeTable table = new EpisodeTable(file)) {
      int missing = evaluation.missing(table);
      int all = evaluation.trials().size() * evaluation.contestants().size();
      if (missing < all) {
        output.note("%s has %d of %d episodes already", file, all - missing, all);
      }
      try (Progress progress = new Progress("eval", "episodes", missing)) {
        whole = evaluation.run(table, listener(evaluation, progress, interruption));
      }
      if (whole) {
        table.finish();
        parquet(file);
      }
      summary = Summary.of(evaluation, table);
    }
    report(summary, whole, file);
    return 0;
  }

  /** The finished table once more as Parquet, in the same order; success is a truth value there. */
  private void parquet(Path csv) throws IOException {
    Path next = out.resolve("episodes.parquet.tmp");
    try (Parquet parquet = new Parquet()) {
      parquet.execute(
          next,
          ("COPY (SELECT * REPLACE (success = 1 AS success) FROM read_csv(%s, header = true, delim"
                  + " = ',', quote = '', escape = '', types = {'policy': 'VARCHAR', 'version': 'VARCHAR',"
                  + " 'executed': 'INTEGER', 'benchmark': 'VARCHAR', 'suite': 'VARCHAR', 'task':"
                  + " 'VARCHAR', 'perturbation': 'VARCHAR', 'kind': 'VARCHAR', 'severity': 'INTEGER',"
                  + " 'episode': 'VARCHAR', 'seed': 'BIGINT', 'success': 'INTEGER', 'steps':"
                  + " 'INTEGER', 'questions': 'INTEGER', 'program': 'VARCHAR'})) TO %s (FORMAT"
                  + " parquet, COMPRESSION zstd)")
              .formatted(Parquet.literal(csv.toString()), Parquet.literal(next.toString())));
    }
    Files.move(next, out.resolve("episodes.parquet"), StandardCopyOption.REPLACE_EXISTING);
  }

  private void report(Summary summary, boolean whole, Path file) throws IOException {
    ObjectNode document = new ObjectMapper().createObjectNode();
    document.put("whole", whole).put("episodes_csv", file.toString());
    if (!summary.rows().isEmpty()) {
      EvaluationReport report = new EvaluationReport(summary);
      document.setAll(report.document());
      report.lines().forEach(line -> output.line("%s", line));
      Path json = out.resolve("summary.json");
      Path next = out.resolve("summary.json.tmp");
      Files.writeString(next, document.toPrettyString() + "\n", StandardCharsets.UTF_8);
      Files.move(next, json, StandardCopyOption.REPLACE_EXISTING);
    }
    output.line("");
    output.line("%s", file);
    if (!whole) {
      output.line("stopped; the same command goes on");
    }
    output.json(document);
  }

  private Evaluation.Listener listener(
      Evaluation evaluation, Progress progress, Interruption interruption) {
    List<Trial> filmed =
        evaluation.trials().subList(0, Math.min(videos, evaluation.trials().size()));
    return new Evaluation.Listener() {
      @Override
      public void played(EpisodeRow row) {
        progress.advance(1);
      }

      @Override
      public @Nullable Consumer<Arena> watcher(Contestant contestant, Trial trial) {
        return filmed.contains(trial)
            ? new Film(out.resolve("videos"), contestant.name(), trial.episode())
            : null;
      }

      @Override
      public boolean stop() {
        return interruption.wanted();
      }
    };
  }
}
