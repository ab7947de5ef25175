package io.github.vla3d.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.labelling.CompletionNames;
import io.github.vla3d.labelling.Disturbance;
import io.github.vla3d.labelling.Figures;
import io.github.vla3d.labelling.LabelEngine;
import io.github.vla3d.labelling.LabelFolder;
import io.github.vla3d.labelling.LabelJob;
import io.github.vla3d.labelling.LabelListener;
import io.github.vla3d.labelling.LabelPictures;
import io.github.vla3d.labelling.Labelling;
import io.github.vla3d.labelling.Scores;
import io.github.vla3d.labelling.Teachers;
import io.github.vla3d.labelling.Trial;
import io.github.vla3d.labelling.TrialTable;
import io.github.vla3d.labelling.truth.Truth;
import io.github.vla3d.labelling.truth.Truths;
import io.github.vla3d.scene.config.Preset;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Unmatched;

/** {@code vla3d label}: lets a teacher label recordings; scores and draws what it said. */
@Command(
    name = "label",
    mixinStandardHelpOptions = true,
    description = {
      "Labels recordings without a person: masks and boxes in each view, one identity for an object"
          + " over views and time, where it is, and points of its hidden part.",
      "Goes on where it stopped; Ctrl-C ends it. With --score, --trial or --show nothing is labelled.",
      "Keys of the preset that count: --labels.centroid=boxCenter, --scene.completion.minShare=0.2,"
          + " ..."
    })
final class LabelCommand extends DocumentCommand {
  private static final int MOST_REASONS = 20;

  @Parameters(paramLabel = "DATASET", description = "Recordings of any known format.")
  private Path data = Path.of(".");

  @Option(
      names = "--teacher",
      defaultValue = "depth",
      paramLabel = "NAME",
      description = "Who labels: depth, onnx or oracle (default: ${DEFAULT-VALUE}).")
  private String teacher = "depth";

  @Option(
      names = "--teacher-option",
      paramLabel = "KEY=VALUE",
      description = "For the teacher, a file of an onnx one say; may be repeated.")
  private Map<String, String> teacherOptions = new LinkedHashMap<>();

  @Option(
      names = "--completion",
      defaultValue = "mirror",
      paramLabel = "NAME",
      description = "What makes clouds whole: mirror or pointattn (default: ${DEFAULT-VALUE}).")
  private String completion = "mirror";

  @Option(
      names = "--engine",
      defaultValue = "local",
      paramLabel = "NAME",
      description = "local, or spark in a build with -Pspark (default: ${DEFAULT-VALUE}).")
  private String engine = "local";

  @Option(
      names = "--preset",
      defaultValue = "default",
      paramLabel = "PRESET",
      description = "Name or file of the preset (default: ${DEFAULT-VALUE}).")
  private String preset = "default";

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Folder of the labels (default: DATASET/labels).")
  private @Nullable Path out;

  @Mixin private EpisodesMixin episodes = new EpisodesMixin();

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Episodes at the same time (default: as many as there are cores).")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--score",
      description = "Score the labels against the truth that a simulator recorded.")
  private boolean score;

  @Option(
      names = "--trial",
      arity = "0..1",
      fallbackValue = TrialTable.ALL,
      paramLabel = "CHANGE",
      description = {
        "Score the teacher at once, without keeping labels, on changed recordings: none, noise:MM,"
            + " lossy, calibration:MM:DEGREES, view:NAME or no-joints.",
        "Without a change: a table of them all, beside the recordings as they are."
      })
  private @Nullable String trial;

  @Option(names = "--show", paramLabel = "N", description = "Draw the labels of N frames as PNG.")
  private int show;

  @Option(
      names = "--pictures",
      paramLabel = "DIR",
      description = "Folder for --show (default: pictures in the folder of the labels).")
  private @Nullable Path pictures;

  @Unmatched private List<String> overrides = new ArrayList<>();

  LabelCommand(Output output) {
    super(output);
  }

  @Override
  public Integer call() throws IOException {
    LabelFolder folder = out == null ? LabelFolder.of(data) : new LabelFolder(out);
    if (show < 0 || threads < 1) {
      throw new IllegalArgumentException(
          "wanted --show N and --threads N of at least 1, got %d and %d".formatted(show, threads));
    }
    if (trial != null) {
      return trial.equals(TrialTable.ALL)
          ? trials(folder)
          : trial(folder, Disturbance.parse(trial));
    }
    if (score) {
      return score(folder);
    }
    return show > 0 ? show(folder) : label(folder);
  }

  private int label(LabelFolder folder) {
    LabelJob job = new LabelJob(data, folder, teacher, teacherOptions, completion, choices());
    // What is misspelt is said before anything is read.
    LabelEngine runner = LabelEngine.of(engine);
    CompletionNames.check(completion, job.preset().scene().completion());
    if (!Teachers.NAMES.contains(teacher)) {
      Teachers.of(teacher, data, teacherOptions);
    }
    Labelling.Plan plan = Labelling.plan(job, episodes.numbers());
    if (plan.open().size() < plan.wanted().size()) {
      output.note(
          "%d of %d episodes are labelled already",
          plan.wanted().size() - plan.open().size(), plan.wanted().size());
    }
    Labelling.Result result;
    try (Interruption interruption = new Interruption();
        Progress progress = new Progress("label", "frames", plan.frames())) {
      result = Labelling.run(job, plan, runner, threads, listener(progress, interruption));
    }
    report(folder, plan, result);
    return result.unreadable().isEmpty() ? 0 : 1;
  }

  private void report(LabelFolder folder, Labelling.Plan plan, Labelling.Result result) {
    int skipped = result.skipped().values().stream().mapToInt(Map::size).sum();
    double rate = result.frames() / Math.max(1e-9, result.seconds());
    output.line(
        "%s: %d frames in %.1f s, %.1f frames/s",
        result.done() ? "done" : "stopped; the same command goes on",
        result.frames(),
        result.seconds(),
        rate);
    output.line("%s", folder.root());
    reasons(result.skipped())
        .forEach((reason, where) -> output.line("  without labels: %s: %s", where, reason));
    result
        .unreadable()
        .forEach((number, reason) -> output.line("  not labelled: episode %d: %s", number, reason));
    ObjectNode document = new ObjectMapper().createObjectNode();
    document
        .put("done", result.done())
        .put("labels", folder.root().toString())
        .put("episodes", plan.wanted().size())
        .put("frames", result.frames())
        .put("seconds", result.seconds())
        .put("frames_per_second", rate)
        .put("skipped_frames", skipped);
    ObjectNode where = document.putObject("skipped");
    result
        .skipped()
        .forEach(
            (number, frames) -> {
              ObjectNode one = where.putObject(Integer.toString(number));
              frames.forEach((frame, reason) -> one.put(Integer.toString(frame), reason));
            });
    ObjectNode unreadable = document.putObject("unreadable");
    result.unreadable().forEach((n, reason) -> unreadable.put(Integer.toString(n), reason));
    output.json(document);
  }

  /** What is wrong, with the frames where it is. */
  private static Map<String, String> reasons(Map<Integer, Map<Integer, String>> skipped) {
    Map<String, List<String>> places = new LinkedHashMap<>();
    skipped.forEach(
        (episode, frames) ->
            frames.forEach(
                (frame, reason) ->
                    places
                        .computeIfAbsent(reason, r -> new ArrayList<>())
                        .add("%d/%d".formatted(episode, frame))));
    Map<String, String> lines = new LinkedHashMap<>();
    places.forEach(
        (reason, all) -> {
          if (lines.size() < MOST_REASONS) {
            lines.put(
                reason,
                all.size() == 1
                    ? "episode/frame " + all.get(0)
                    : "%d frames, the first episode/frame %s".formatted(all.size(), all.get(0)));
          }
        });
    return lines;
  }

  private LabelListener listener(Progress progress, Interruption interruption) {
    return new LabelListener() {
      @Override
      public void frames(int count) {
        synchronized (progress) {
          progress.advance(count);
        }
      }

      @Override
      public void note(String text) {
        output.note("%s", text);
      }

      @Override
      public boolean stop() {
        return interruption.wanted();
      }
    };
  }

  private int score(LabelFolder folder) {
    try (Truth truth =
        Truths.open(data)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        ("--score: wanted a data set with instance pictures of a simulator, got"
                                + " none in %s")
                            .formatted(data)))) {
      Scores scores = Labelling.score(data, folder, truth, episodes.numbers(), () -> {});
      print(scores, folder.root().toString());
    }
    return 0;
  }

  private int trial(LabelFolder folder, Disturbance disturbance) {
    LabelJob job =
        new LabelJob(data, nowhere(folder), teacher, teacherOptions, completion, choices());
    Labelling.Plan plan = Labelling.plan(job, episodes.numbers());
    try (Interruption interruption = new Interruption();
        Progress progress = new Progress("trial", "frames", plan.frames())) {
      Scores scores =
          Trial.run(job, disturbance, plan.wanted(), threads, listener(progress, interruption));
      if (interruption.wanted()) {
        output.note("stopped before the end: no scores");
        return 1;
      }
      print(scores, "trial " + trial);
    }
    return 0;
  }

  /** Where no labels are: a trial begins with the first frame, whatever is labelled. */
  private static LabelFolder nowhere(LabelFolder folder) {
    return new LabelFolder(folder.root().resolve(".trial"));
  }

  /** All changes in a table. */
  private int trials(LabelFolder folder) {
    LabelJob job =
        new LabelJob(data, nowhere(folder), teacher, teacherOptions, completion, choices());
    Labelling.Plan plan = Labelling.plan(job, episodes.numbers());
    TrialTable table = TrialTable.of(job);
    Map<String, Scores> scores = new LinkedHashMap<>();
    try (Interruption interruption = new Interruption();
        Progress progress =
            new Progress("trial", "frames", plan.frames() * table.changes().size())) {
      for (String change : table.changes()) {
        Scores found =
            Trial.run(
                job,
                Disturbance.parse(change),
                plan.wanted(),
                threads,
                listener(progress, interruption));
        if (interruption.wanted()) {
          output.note("stopped: '%s' and what follows have no scores", change);
          break;
        }
        scores.put(change, found);
      }
    }
    output.line(
        "%-18s %9s %8s %8s %8s %9s %9s %7s %8s %6s",
        "trial",
        "instances",
        "recall50",
        "recall75",
        "contact",
        "precision",
        "median mm",
        "p90 mm",
        "switches",
        "idf1");
    ObjectNode document = new ObjectMapper().createObjectNode();
    ObjectNode trials = document.putObject("trials");
    scores.forEach(
        (change, one) -> {
          Figures f = one.all();
          output.line(
              "%-18s %9d %8.3f %8.3f %8.3f %9.3f %9.1f %7.1f %8.4f %6.3f",
              change,
              f.instances(),
              f.recall50(),
              f.recall75(),
              f.recall50Contact(),
              f.precision50(),
              1e3 * f.centroidMedian(),
              1e3 * f.centroidP90(),
              f.switchRate(),
              f.idf1());
          trials.set(change, one.toJson());
        });
    ObjectNode omitted = document.putObject("omitted");
    table
        .omitted()
        .forEach(
            (change, reason) -> {
              output.line("%-18s not tried: %s", change, reason);
              omitted.put(change, reason);
            });
    output.json(document);
    return scores.size() == table.changes().size() ? 0 : 1;
  }

  private void print(Scores scores, String where) {
    output.line("%d frames of %s", scores.frames(), where);
    scores
        .toJson()
        .properties()
        .forEach(
            entry -> {
              if (entry.getValue().isNull()) {
                output.line("%-34s %8s", entry.getKey(), "-");
              } else if (entry.getValue().isDouble()) {
                output.line("%-34s %8.4f", entry.getKey(), entry.getValue().asDouble());
              } else if (entry.getValue().isInt()) {
                output.line("%-34s %8d", entry.getKey(), entry.getValue().asInt());
              }
            });
    output.line(
        "%n%-34s %6s %8s %8s %8s %9s %9s",
        "part", "seen", "recall50", "recall75", "switches", "median mm", "p90 mm");
    scores.views().forEach(this::row);
    scores.held().forEach(this::row);
    scores.areas().forEach((name, figures) -> row(name + " pixels of 256 x 256", figures));
    scores.objects().forEach(this::row);
    output.json(scores.toJson());
  }

  private void row(String name, Figures f) {
    output.line(
        "%-34s %6d %8.3f %8.3f %8.4f %9.1f %9.1f",
        name,
        f.instances(),
        f.recall50(),
        f.recall75(),
        f.switchRate(),
        1e3 * f.centroidMedian(),
        1e3 * f.centroidP90());
  }

  private int show(LabelFolder folder) throws IOException {
    Path to = pictures == null ? folder.root().resolve("pictures") : pictures;
    List<Path> drawn = LabelPictures.draw(data, folder, episodes.numbers(), show, to);
    drawn.forEach(file -> output.line("%s", file));
    ObjectNode document = new ObjectMapper().createObjectNode();
    document.set(
        "pictures", new ObjectMapper().valueToTree(drawn.stream().map(Path::toString).toList()));
    output.json(document);
    return 0;
  }

  private Preset choices() {
    Preset chosen = Preset.of(preset);
    // The preset takes weights only with the source that they are for.
    return Overrides.apply(
        completion.equals(CompletionNames.POINTATTN)
            ? chosen.with("scene.completion.source", completion)
            : chosen,
        overrides);
  }
}
