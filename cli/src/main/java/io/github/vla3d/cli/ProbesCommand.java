package io.github.vla3d.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.agent.Agent;
import io.github.vla3d.agent.ScenePlugin;
import io.github.vla3d.data.ChosenEpisodes;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.Episode;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.RobotBase;
import io.github.vla3d.datasets.Datasets;
import io.github.vla3d.labelling.TrainingLabels;
import io.github.vla3d.perception.Teacher;
import io.github.vla3d.scene.config.Preset;
import io.github.vla3d.training.ProbeScorer;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code vla3d probes}: how well a plug-in finds labelled objects. */
@Command(
    name = "probes",
    mixinStandardHelpOptions = true,
    description = {
      "Scores what the probes of a plug-in find in recordings against their labels: how many of the"
          + " labelled objects the policy is handed a token for, and how far from the object it is.",
      "Of a policy without a plug-in it scores a fresh one, as training begins with."
    })
final class ProbesCommand extends DocumentCommand {
  @Parameters(paramLabel = "DATASET", description = "The data set, with depth and cameras.")
  private Path data = Path.of(".");

  @Option(
      names = "--policy",
      required = true,
      paramLabel = "DIR",
      description = "Folder that vla3d train wrote, of a plug-in, or of a policy without one.")
  private Path policy = Path.of(".");

  @Option(
      names = "--labels",
      paramLabel = "DIR",
      description =
          "Labels of the data (default: DATASET/labels, or what a simulator recorded beside them).")
  private @Nullable Path labels;

  @Mixin private EpisodesMixin episodes = new EpisodesMixin();

  @Option(
      names = "--every",
      defaultValue = "5",
      paramLabel = "N",
      description = "Frames from one to the next that is scored (default: ${DEFAULT-VALUE}).")
  private int every;

  @Option(
      names = "--radius",
      defaultValue = "0.05",
      paramLabel = "METRES",
      description =
          "How far from an object's centroid a token may be to count (default: ${DEFAULT-VALUE}).")
  private double radius;

  @Option(
      names = "--preset",
      defaultValue = "default",
      paramLabel = "NAME|FILE",
      description = "Of the fresh plug-in of a policy without one (default: ${DEFAULT-VALUE}).")
  private String preset = "default";

  @Option(
      names = "--seed",
      defaultValue = "0",
      paramLabel = "N",
      description = "Of its weights (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Mixin private AgentMixin agent = new AgentMixin();

  ProbesCommand(Output output) {
    super(output);
  }

  @Override
  public Integer call() {
    if (every < 1) {
      throw new IllegalArgumentException("--every: wanted frames of at least 1, got " + every);
    }
    List<Integer> numbers = episodes.numbers();
    try (Dataset dataset = ChosenEpisodes.of(Datasets.open(data), numbers);
        Teacher teacher = TrainingLabels.of(data, labels);
        Agent loaded = load()) {
      if (!(loaded.memory().orElse(null) instanceof ScenePlugin plugin)) {
        throw new IllegalStateException("a policy without a plug-in");
      }
      ProbeScorer scorer = new ProbeScorer(loaded, plugin, radius);
      long all =
          IntStream.range(0, dataset.size())
              .mapToLong(e -> (dataset.frames(e) + every - 1) / every)
              .sum();
      try (Progress progress = new Progress("probes", "frames", all)) {
        for (int e = 0; e < dataset.size(); e++) {
          if (dataset.frames(e) > 0) {
            episode(dataset.episode(e), e, loaded, teacher, scorer, progress);
          }
        }
      }
      report(scorer.scores());
    }
    return 0;
  }

  private Agent load() {
    // A plug-in of the folder's own takes the place of the fresh one.
    return Agent.load(
        Models.resolve(policy),
        agent.options().withMemory(with -> ScenePlugin.fresh(with, Preset.of(preset), 1, seed)));
  }

  private void episode(
      Episode episode,
      int number,
      Agent with,
      Teacher teacher,
      ProbeScorer scorer,
      Progress progress) {
    RobotBase base = Models.base(with, episode);
    for (int frame = 0; frame < episode.frames(); frame += every) {
      Observation stored = episode.observation(frame);
      scorer.add(
          base.inBase(stored),
          teacher.label(number, frame, stored).stream()
              .map(object -> object.in(base.worldFromBase().inverse()))
              .toList());
      progress.advance(1);
    }
  }

  private void report(ProbeScorer.Scores scores) {
    output.line(
        "%d frames, %d objects, %d tokens", scores.frames(), scores.objects(), scores.tokens());
    output.line("  %-42s %8.3f", "recall within " + radius + " m", scores.recall());
    output.line("  %-42s %8s", "precision within " + radius + " m", text(scores.precision(), 1));
    output.line("  %-42s %8s", "object to its token, median, mm", text(scores.errorMedian(), 1e3));
    output.line("  %-42s %8s", "object to its token, p90, mm", text(scores.errorP90(), 1e3));
    output.line(
        "  %-42s %8s",
        "object to its probe, sure or not, median, mm", text(scores.nearestMedian(), 1e3));
    ObjectNode document = new ObjectMapper().createObjectNode();
    document.put("policy", policy.toString()).put("data", data.toString());
    document.put("frames", scores.frames()).put("objects", scores.objects());
    document.put("tokens", scores.tokens()).put("radius_m", radius);
    document.put("recall", scores.recall());
    put(document, "precision", scores.precision());
    put(document, "centroid_error_median_m", scores.errorMedian());
    put(document, "centroid_error_p90_m", scores.errorP90());
    put(document, "nearest_probe_median_m", scores.nearestMedian());
    output.json(document);
  }

  private static String text(OptionalDouble value, double unit) {
    return value.isPresent()
        ? String.format(unit == 1 ? "%.3f" : "%.1f", unit * value.getAsDouble())
        : "-";
  }

  private static void put(ObjectNode to, String name, OptionalDouble value) {
    if (value.isPresent()) {
      to.put(name, value.getAsDouble());
    } else {
      to.putNull(name);
    }
  }
}
