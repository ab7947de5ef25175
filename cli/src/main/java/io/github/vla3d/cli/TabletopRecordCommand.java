package io.github.vla3d.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.agent.AgentOptions;
import io.github.vla3d.evaluation.PolicyInTurns;
import io.github.vla3d.evaluation.Selection;
import io.github.vla3d.evaluation.TabletopBenchmark;
import io.github.vla3d.evaluation.Trial;
import io.github.vla3d.tabletop.Recorder;
import io.github.vla3d.tabletop.Task;
import io.github.vla3d.tabletop.Variant;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code vla3d tabletop record}: the expert's demonstrations as a data set. */
@Command(
    name = "record",
    mixinStandardHelpOptions = true,
    description = {
      "Records the expert as a LeRobotDataset v3.0 with depth and cameras.",
      "True instances and poses are kept apart, under privileged/, for scoring only."
    })
final class TabletopRecordCommand extends DocumentCommand {
  @Option(
      names = "--tasks",
      paramLabel = "NAMES",
      split = ",",
      defaultValue = "all",
      description = "Names of tasks or suites, with commas between them, or 'all' (default).")
  private List<String> names = List.of("all");

  @Option(
      names = "--perturb",
      split = ",",
      paramLabel = "WORDS",
      defaultValue = Trial.NOMINAL,
      description = "Perturbations in the words of eval --perturb (default: ${DEFAULT-VALUE}).")
  private List<String> perturbations = List.of();

  @Option(
      names = "--episodes",
      paramLabel = "N",
      defaultValue = "10",
      description =
          "Episodes of each task under each perturbation and severity (default: ${DEFAULT-VALUE}).")
  private int episodes;

  @Option(
      names = "--first",
      paramLabel = "N",
      defaultValue = "0",
      description = "Number of the first episode (default: ${DEFAULT-VALUE}).")
  private int first;

  @Option(
      names = "--size",
      paramLabel = "PIXELS",
      defaultValue = "128",
      description = "Of the pictures (default: ${DEFAULT-VALUE}).")
  private int size;

  @Option(
      names = "--pushed",
      paramLabel = "SHARE",
      defaultValue = "0",
      description =
          "Share of the episodes in which the expert is pushed now and then and comes back; its"
              + " actions are kept as it wanted them (default: ${DEFAULT-VALUE}).")
  private double pushed;

  @Option(
      names = "--policy",
      paramLabel = "MODEL",
      description =
          "This policy and the expert act in turns of random lengths; written is what the expert"
              + " wanted at each step, whoever acted. Not with --pushed.")
  private @Nullable Path policy;

  @Option(
      names = "--pictures",
      description = "Store colour as PNG in the table (lossless) and not as AV1 video.")
  private boolean pictures;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads that play (default: the processors); the data do not depend on it.")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Where to; must not exist yet, and exists only when all is written.")
  private Path out = Path.of(".");

  TabletopRecordCommand(Output output) {
    super(output);
  }

  @Override
  public Integer call() {
    if (episodes < 1 || first < 0 || threads < 1 || !(pushed >= 0 && pushed <= 1)) {
      throw new IllegalArgumentException(
          "wanted at least one episode from number 0 on, one thread and a share of 0 to 1, got --episodes %d --first %d --threads %d --pushed %s"
              .formatted(episodes, first, threads, pushed));
    }
    TabletopBenchmark benchmark = new TabletopBenchmark(size);
    List<Variant> variants = new ArrayList<>();
    for (Task task : TabletopBenchmark.tasks(names)) {
      List<String> alone = List.of(task.name());
      benchmark.trials(new Selection(alone, perturbations, episodes, first)).stream()
          .map(trial -> Variant.parse(trial.episode()))
          .forEach(variants::add);
    }
    if (policy != null && pushed > 0) {
      throw new IllegalArgumentException("--policy: wanted no --pushed, got " + pushed);
    }
    Recorder.Result result;
    try (Progress progress = new Progress("record", "episodes", variants.size());
        PolicyInTurns novice = policy == null ? null : novice(policy)) {
      result =
          Recorder.record(
              variants,
              out,
              new Recorder.Options(pushed, Optional.ofNullable(novice), size, !pictures, threads),
              () -> progress.advance(1));
    }
    output.line(
        "%s: %d episodes, %d frames; the expert failed %d",
        out, result.episodes(), result.frames(), result.failed().size());
    ObjectNode document = new ObjectMapper().createObjectNode();
    document
        .put("written", out.toString())
        .put("episodes", result.episodes())
        .put("frames", result.frames());
    result.failed().forEach(document.putArray("failed")::add);
    output.json(document);
    return 0;
  }

  private static PolicyInTurns novice(Path policy) {
    return new PolicyInTurns(
        Models.contestant("policy", Models.resolve(policy), AgentOptions.DEFAULTS, 0));
  }
}
