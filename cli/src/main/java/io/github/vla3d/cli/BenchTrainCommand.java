package io.github.vla3d.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.agent.Agent;
import io.github.vla3d.agent.AgentOptions;
import io.github.vla3d.agent.FreshPolicy;
import io.github.vla3d.agent.PresetSections;
import io.github.vla3d.agent.ScenePlugin;
import io.github.vla3d.agent.Stage;
import io.github.vla3d.data.NormStats;
import io.github.vla3d.policy.pi.PiConfig;
import io.github.vla3d.policy.pi.PiFamily;
import io.github.vla3d.scene.config.Preset;
import io.github.vla3d.tabletop.Recorder;
import io.github.vla3d.tabletop.Tabletop;
import io.github.vla3d.tabletop.Tasks;
import io.github.vla3d.tabletop.Variant;
import io.github.vla3d.torch.Torch;
import io.github.vla3d.torch.probe.Machine;
import io.github.vla3d.training.BaseSpeed;
import io.github.vla3d.training.SceneSpeed;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Unmatched;

/**
 * {@code vla3d bench train}: a step of {@code vla3d train --stage base} on a policy as large as the
 * embedded benchmark's. {@code tools/reference/pi_step.py} runs it beside LeRobot.
 */
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    description = {
      "Times training steps of --stage base: a policy as large as the embedded benchmark's, with"
          + " random weights, on random samples.",
      "With --plugin those of both stages of the plug-in, in turns with a step that trains the action"
          + " expert alone on the same batch: the difference is the plug-in's.",
      "Any key of the preset can be changed: --base.draws=1, --base.extent=expert, ..."
    })
final class BenchTrainCommand extends DocumentCommand {
  /** Tokens of the benchmark's instructions. */
  private static final int[] PROMPTS = {8, 9, 10, 11, 12, 13, 14};

  /** Numbers of the benchmark's state and action. */
  private static final int STATE = 8;

  private static final int ACTION = 7;

  /** What is recorded for the plug-in's stages. */
  private static final String TASK = "block_between_cans";

  private static final int SIZE = 128;

  @Option(
      names = "--family",
      defaultValue = "PI05",
      description = "${COMPLETION-CANDIDATES}: of the policy (default: pi05).")
  private PiFamily family = PiFamily.PI05;

  @Option(
      names = "--preset",
      paramLabel = "NAME|FILE",
      defaultValue = "tiny",
      description = "Choices of the training (default: ${DEFAULT-VALUE}).")
  private String preset = "tiny";

  @Option(
      names = "--warm-up",
      paramLabel = "N",
      defaultValue = "10",
      description = "Steps that do not count (default: ${DEFAULT-VALUE}).")
  private int warmUp;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "20",
      description = "Steps that are timed; the median counts (default: ${DEFAULT-VALUE}).")
  private int steps;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads of an operation (default: the processors).")
  private @Nullable Integer threads;

  @Option(
      names = "--plugin",
      description = "The plug-in's stages, on a recorded episode of the benchmark.")
  private boolean plugin;

  @Unmatched private List<String> overrides = new ArrayList<>();

  BenchTrainCommand(Output output) {
    super(output);
  }

  @Override
  public Integer call() throws IOException {
    BaseSpeed.check(warmUp, steps);
    Preset choices = Overrides.apply(Preset.of(preset), overrides);
    PresetSections.Base recipe = PresetSections.base(choices);
    if (threads != null) {
      Torch.threads(threads);
    }
    FreshPolicy fresh =
        FreshPolicy.tabletop(List.of(Tabletop.SCENE_VIEW, Tabletop.WRIST_VIEW), Tasks.texts())
            .withFamily(family);
    PiConfig config = fresh.config(STATE, ACTION);
    if (plugin) {
      return stages(fresh, choices);
    }
    BaseSpeed.Report report;
    try (TemporaryFolder folder = new TemporaryFolder("vla3d-bench")) {
      write(fresh, folder.path());
      try (Agent agent = Agent.load(folder.path(), AgentOptions.DEFAULTS);
          Progress progress = new Progress("training", "steps", (long) warmUp + steps)) {
        report =
            new BaseSpeed(agent, config, recipe, PROMPTS)
                .measure(warmUp, steps, step -> progress.advance(1));
      }
    }
    print(recipe, report);
    output.json(document(config, recipe, report));
    return 0;
  }

  private static void write(FreshPolicy fresh, Path folder) throws IOException {
    fresh.write(
        folder,
        new NormStats(
            Map.of(
                "state", NormStats.Vector.unit(STATE), "actions", NormStats.Vector.unit(ACTION))),
        0);
  }

  /** Both stages of the plug-in. */
  private int stages(FreshPolicy fresh, Preset choices) throws IOException {
    PresetSections.Training recipe = PresetSections.training(choices);
    Map<Stage, List<SceneSpeed.Step>> measured = new EnumMap<>(Stage.class);
    try (TemporaryFolder folder = new TemporaryFolder("vla3d-bench")) {
      Path base = folder.path().resolve("base");
      Path data = folder.path().resolve("data");
      write(fresh, base);
      Recorder.record(
          List.of(Variant.nominal(TASK, 0)),
          data,
          new Recorder.Options(0, SIZE, false, 1),
          () -> {});
      AgentOptions options =
          AgentOptions.DEFAULTS.withMemory(policy -> ScenePlugin.fresh(policy, choices, 1, 0));
      try (Agent agent = Agent.load(base, options);
          Progress progress =
              new Progress("training", "steps", Stage.values().length * ((long) warmUp + steps))) {
        for (Stage stage : Stage.values()) {
          measured.put(
              stage,
              new SceneSpeed(agent, data)
                  .measure(stage, warmUp, steps, step -> progress.advance(1)));
        }
      }
    }
    print(recipe, measured);
    ObjectNode root = new ObjectMapper().createObjectNode();
    root.put("threads", Torch.threads());
    measured.forEach(
        (stage, all) -> {
          ObjectNode node = root.putObject(stage.name().toLowerCase(Locale.ROOT));
          node.put("seconds", median(all, SceneSpeed.Step::seconds));
          node.put("plugin_share", median(all, SceneSpeed.Step::share));
          node.set("steps", new ObjectMapper().valueToTree(all));
        });
    output.json(root);
    return 0;
  }

  private void print(PresetSections.Training recipe, Map<Stage, List<SceneSpeed.Step>> measured) {
    output.line(
        "%s with the plug-in; %d samples, %d draws", family.type(), recipe.batch(), recipe.draws());
    machine();
    measured.forEach(
        (stage, all) -> {
          output.line("");
          output.line("stage %d, median of %d steps, ms", stage.ordinal() + 1, all.size());
          line("prepare", all, SceneSpeed.Step::prepare);
          line("labels", all, SceneSpeed.Step::labels);
          line("forward", all, SceneSpeed.Step::forward);
          line("backward", all, SceneSpeed.Step::backward);
          line("clip, optimiser", all, SceneSpeed.Step::update);
          line("step", all, SceneSpeed.Step::seconds);
          line("expert alone", all, step -> step.prepare() + step.expert());
          output.line("  plug-in's share    %8.1f %%", 100 * median(all, SceneSpeed.Step::share));
        });
  }

  private <T> void line(String name, List<T> steps, ToDoubleFunction<T> seconds) {
    output.line("  %-18s %8.1f", name, 1e3 * median(steps, seconds));
  }

  private void machine() {
    Machine machine = Machine.look();
    output.line(
        "%s, %d cores, load %.1f; %d threads an operation",
        machine.processor(), machine.cores(), machine.load(), Torch.threads());
  }

  private void print(PresetSections.Base recipe, BaseSpeed.Report report) {
    output.line(
        "%s: %,d parameters, %,d of them reached by a gradient; %d samples x %d, %d draws",
        family.type(),
        report.parameters(),
        report.reached(),
        recipe.batch(),
        recipe.accumulate(),
        recipe.draws());
    machine();
    output.line("");
    output.line("median of %d steps, ms", report.steps().size());
    line("forward", report.steps(), BaseSpeed.Step::forward);
    line("backward", report.steps(), BaseSpeed.Step::backward);
    line("clip, optimiser", report.steps(), BaseSpeed.Step::update);
    line("step", report.steps(), BaseSpeed.Step::seconds);
    output.line("  processor (mean)   %8.1f", 1e3 * processor(report));
    output.line(
        "samples a second     %8.1f",
        recipe.batch() * recipe.accumulate() / median(report.steps(), BaseSpeed.Step::seconds));
  }

  private static <T> double median(List<T> steps, ToDoubleFunction<T> seconds) {
    double[] sorted = steps.stream().mapToDouble(seconds).sorted().toArray();
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }

  /** The mean: the system counts in hundredths of a second. */
  private static double processor(BaseSpeed.Report report) {
    return report.steps().stream()
        .mapToDouble(BaseSpeed.Step::processor)
        .average()
        .orElse(Double.NaN);
  }

  private static ObjectNode document(
      PiConfig config, PresetSections.Base recipe, BaseSpeed.Report report) {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode();
    root.put("family", config.family().type());
    root.put("parameters", report.parameters()).put("reached", report.reached());
    root.put("threads", Torch.threads());
    root.put("vocabulary", config.vocabulary()).put("prompt_length", config.promptLength());
    root.set("prompts", mapper.valueToTree(PROMPTS));
    root.set("cameras", mapper.valueToTree(config.cameras()));
    root.set("vision", mapper.valueToTree(config.vision()));
    root.set("language", mapper.valueToTree(config.language()));
    root.set("expert", mapper.valueToTree(config.expert()));
    root.set("robot", mapper.valueToTree(config.robot()));
    root.set("recipe", mapper.valueToTree(recipe));
    root.put("seconds", median(report.steps(), BaseSpeed.Step::seconds));
    root.put("processor_seconds", processor(report));
    root.set("steps", mapper.valueToTree(report.steps()));
    return root;
  }
}
