package io.github.vla3d.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.agent.FreshPolicy;
import io.github.vla3d.agent.PresetSections;
import io.github.vla3d.agent.Stage;
import io.github.vla3d.data.ActionChunks;
import io.github.vla3d.data.ChosenEpisodes;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.NormStats;
import io.github.vla3d.datasets.Datasets;
import io.github.vla3d.evaluation.ShippedWeights;
import io.github.vla3d.labelling.TrainingLabels;
import io.github.vla3d.perception.Teacher;
import io.github.vla3d.policy.pi.PiFamily;
import io.github.vla3d.scene.config.Preset;
import io.github.vla3d.tabletop.Tasks;
import io.github.vla3d.torch.ProcessGroup;
import io.github.vla3d.torch.Torch;
import io.github.vla3d.torch.distributed.RankZero;
import io.github.vla3d.training.BaseOptions;
import io.github.vla3d.training.BaseTrainer;
import io.github.vla3d.training.EventFile;
import io.github.vla3d.training.LossLog;
import io.github.vla3d.training.SceneTrainer;
import io.github.vla3d.training.TrainingListener;
import io.github.vla3d.training.TrainingOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Unmatched;

/** {@code vla3d train}: gives a policy the plug-in, in two stages; or trains a policy alone. */
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    description = {
      "Trains the plug-in on a policy whose vision-language model stays frozen: fusion, instances"
          + " and action expert first, then completion and aggregation with the action expert.",
      "With --stage base it trains a policy without the plug-in: all of it, its action expert or"
          + " LoRA (--base.extent=full, expert, lora).",
      "Goes on where it stopped if the output folder has checkpoints; Ctrl-C saves and ends.",
      "Any key of the preset can be changed: --scene.sizes.probes=300, --training.batch=8, ..."
    })
final class TrainCommand extends DocumentCommand {
  private static final String TABLETOP = "tabletop";

  /** Least distance of the percentiles by which the benchmark's actions of -1 to 1 are scaled. */
  private static final double SPREAD = 0.4;

  /** Of the distance of the state's percentiles, by which they are moved outwards. */
  private static final double MARGIN = 0.1;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DATASET",
      description = {
        "LeRobotDataset with depth, cameras, end-effector and labels.",
        "For --stage base any data set, and several of them if it is named several times."
      })
  private List<Path> data = new ArrayList<>();

  @Mixin private EpisodesMixin episodes = new EpisodesMixin();

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Output folder.")
  private Path out = Path.of(".");

  @Option(
      names = "--base",
      paramLabel = "MODEL",
      description =
          "Folder of the policy; or pi05, pi0: a small one with random weights, as large as the"
              + " preset asks; or tabletop: pi0 with random weights and a vocabulary of the"
              + " embedded benchmark and of the data's instructions (default: the shipped"
              + " baseline).")
  private @Nullable String base;

  @Option(
      names = "--views",
      split = ",",
      paramLabel = "NAME",
      description = "What a policy with random weights is to see (default: all views of the data).")
  private List<String> views = new ArrayList<>();

  @Option(
      names = "--preset",
      defaultValue = "default",
      paramLabel = "NAME|FILE",
      description = "paper, default, lite, tiny, test, or a YAML file (default: ${DEFAULT-VALUE}).")
  private String preset = "default";

  @Option(
      names = "--stage",
      defaultValue = "both",
      paramLabel = "1|2|both|base",
      description = "Which stages (default: ${DEFAULT-VALUE}).")
  private String stage = "both";

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Steps of each stage (default: those of the preset).")
  private @Nullable Long trainSteps;

  @Option(
      names = "--save-every",
      defaultValue = "500",
      paramLabel = "N",
      description = "Steps from one checkpoint to the next (default: ${DEFAULT-VALUE}).")
  private long saveEvery;

  @Option(
      names = "--seed",
      defaultValue = "0",
      paramLabel = "N",
      description = "Of weights, order and noise (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--labels",
      paramLabel = "DIR",
      description =
          "Labels of the data (default: DATASET/labels, or what a simulator recorded beside them).")
  private @Nullable Path labels;

  @Option(
      names = "--frames",
      paramLabel = "DIR",
      description =
          "Where frames are kept once they are read, so that trainings on the same data share them"
              + " (default: in the output folder).")
  private @Nullable Path frames;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description =
          "Threads of an operation (default: the processors). On a machine with other work one is"
              + " several times as fast as two that wait for each other.")
  private @Nullable Integer threads;

  @Mixin private AgentMixin agent = new AgentMixin();

  @Unmatched private List<String> overrides = new ArrayList<>();

  TrainCommand(Output output) {
    super(output);
  }

  @Override
  public Integer call() throws IOException {
    Preset choices = choices();
    if (threads != null) {
      Torch.threads(threads);
    }
    boolean alone = stage.equals(BaseTrainer.STAGE);
    if (!alone && data.size() != 1) {
      throw new IllegalArgumentException("--data: wanted one data set, got " + data);
    }
    List<Stage> stages = alone ? List.of() : stages(choices);
    try (ProcessGroup group = ProcessGroup.fromEnvironment(agent.options().device())) {
      RankZero rankZero = new RankZero(group);
      rankZero.does(this::policy);
      Path policy = policy();
      long steps =
          alone
              ? PresetSections.base(choices).steps()
              : stages.size() * PresetSections.training(choices).steps();
      Trainer trainer =
          alone ? base(choices, policy, group) : plugin(options(choices, policy, stages), group);
      if (rankZero.isThis()) {
        train(steps, trainer);
      } else {
        try (Interruption interruption = new Interruption()) {
          trainer.run(TrainingListener.silent(interruption::wanted));
        }
      }
    }
    return 0;
  }

  private interface Trainer {
    /** Whether all is done. */
    boolean run(TrainingListener listener) throws IOException;
  }

  private Trainer base(Preset choices, Path policy, ProcessGroup group) {
    BaseOptions options = baseOptions(choices, policy);
    return listener -> new BaseTrainer(options, listener, group).run();
  }

  private Trainer plugin(TrainingOptions options, ProcessGroup group) {
    Supplier<Teacher> teachers = () -> TrainingLabels.of(data.get(0), labels);
    return listener -> new SceneTrainer(options, teachers, listener, group).run();
  }

  /** Trains, and writes down how it goes. */
  private void train(long steps, Trainer trainer) throws IOException {
    boolean done;
    Map<String, Double> last = new LinkedHashMap<>();
    Path picture = out.resolve("curves.png");
    try (Interruption interruption = new Interruption();
        LossLog log = new LossLog(out);
        EventFile events = new EventFile(out.resolve("tensorboard"));
        Progress progress = new Progress("train", "steps", steps)) {
      done = trainer.run(listener(log, events, progress, last, interruption));
      log.draw(picture);
    }
    output.line("%s", done ? "done" : "stopped; the same command goes on");
    last.forEach((name, value) -> output.line("  %-20s %.5g", name, value));
    output.line("%s", out.resolve("checkpoints"));
    output.line("%s", picture);
    ObjectNode document = new ObjectMapper().createObjectNode();
    document.put("done", done).put("out", out.toString()).put("curves", picture.toString());
    document.set("last", new ObjectMapper().valueToTree(last));
    output.json(document);
  }

  private TrainingOptions options(Preset choices, Path policy, List<Stage> stages) {
    return new TrainingOptions(
        data.get(0),
        episodes.numbers(),
        policy,
        out,
        cache(),
        choices,
        stages,
        agent.options(),
        seed,
        saveEvery);
  }

  private BaseOptions baseOptions(Preset choices, Path policy) {
    return new BaseOptions(
        data, episodes.numbers(), policy, out, cache(), choices, agent.options(), seed, saveEvery);
  }

  private Path cache() {
    return frames == null ? out.resolve("frames") : frames;
  }

  private TrainingListener listener(
      LossLog log,
      EventFile events,
      Progress progress,
      Map<String, Double> last,
      Interruption interruption) {
    return new TrainingListener() {
      @Override
      public void step(String at, long step, Map<String, Double> values) {
        try {
          log.add(at, step, values);
          events.add(at + "/", step, values);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
        last.clear();
        last.putAll(values);
        progress.advance(1);
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

  private Preset choices() {
    Preset choices = Overrides.apply(Preset.of(preset), overrides);
    if (trainSteps != null && stage.equals(BaseTrainer.STAGE)) {
      long warmup = PresetSections.base(choices).warmup();
      if (warmup >= trainSteps) {
        choices = choices.with("base.warmup", Long.toString(trainSteps / 4));
      }
      choices = choices.with("base.steps", trainSteps.toString());
    } else if (trainSteps != null) {
      choices = choices.with("training.steps", trainSteps.toString());
      long warmup = PresetSections.training(choices).warmup();
      if (warmup >= trainSteps) {
        choices = choices.with("training.warmup", Long.toString(trainSteps / 4));
      }
    }
    return choices;
  }

  private List<Stage> stages(Preset choices) {
    boolean completes = choices.scene().variant().completes();
    return switch (stage) {
      case "1" -> List.of(Stage.INSTANCES);
      case "2" -> List.of(Stage.COMPLETION);
      case "both" ->
          completes ? List.of(Stage.INSTANCES, Stage.COMPLETION) : List.of(Stage.INSTANCES);
      default ->
          throw new IllegalArgumentException("--stage: wanted 1, 2, both or base, got " + stage);
    };
  }

  /**
   * Of the data's views those that a fresh policy sees, in the order in which they were asked for.
   */
  private List<String> seen(List<String> all) {
    if (!all.containsAll(views)) {
      throw new IllegalArgumentException(
          "--views: wanted some of %s, got %s".formatted(all, views));
    }
    return views.isEmpty() ? all : views;
  }

  /** The instructions of the embedded benchmark, and those of the data. */
  private static List<String> texts(Dataset dataset) {
    Set<String> texts = new LinkedHashSet<>(Tasks.texts());
    for (int e = 0; e < dataset.size(); e++) {
      if (dataset.frames(e) > 0) {
        texts.add(dataset.episode(e).task());
      }
    }
    return List.copyOf(texts);
  }

  /** Room for what hardly ever occurs; what an action hardly ever does is not blown up. */
  private static NormStats roomy(NormStats stats) {
    return stats.withActions(stats.actions().spread(SPREAD)).withState(stats.state().wider(MARGIN));
  }

  /** The folder of the policy; a small one is made in the output folder if that is asked for. */
  private Path policy() {
    Path folder = out.resolve("base");
    boolean words = TABLETOP.equals(base);
    for (PiFamily family : PiFamily.values()) {
      if (family.type().equals(base) || (words && family == PiFamily.PI0)) {
        if (!Files.isRegularFile(folder.resolve("config.json"))) {
          try (Dataset dataset =
              ChosenEpisodes.of(Datasets.open(data.get(0)), episodes.numbers())) {
            List<String> seen = seen(dataset.episode(0).viewNames());
            FreshPolicy fresh =
                words
                    ? FreshPolicy.tabletop(seen, texts(dataset))
                    : preset.toLowerCase(Locale.ROOT).contains("test")
                        ? FreshPolicy.test(family, seen)
                        : FreshPolicy.tiny(family, seen);
            NormStats stats =
                NormStats.of(
                    dataset, ActionChunks.absolute(fresh.horizon()), NormStats.DEFAULT_BATCH);
            fresh.write(folder, words ? roomy(stats) : stats, seed);
          }
        }
        return folder;
      }
    }
    Path there = base == null ? shipped() : Path.of(base);
    if (!views.isEmpty()) {
      throw new IllegalArgumentException(
          "--views: wanted with pi05, pi0 or tabletop only, got it with --base " + there);
    }
    return there;
  }

  private static Path shipped() {
    return ShippedWeights.find(ShippedWeights.Part.BASELINE)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "--base: wanted a policy, got none, and there is no weights/%s beside the program"
                        .formatted(ShippedWeights.Part.BASELINE.folder())));
  }
}
