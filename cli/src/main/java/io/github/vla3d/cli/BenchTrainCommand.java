package io.github.vla3d.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.agent.Agent;
import io.github.vla3d.agent.AgentOptions;
import io.github.vla3d.agent.FreshPolicy;
import io.github.vla3d.agent.PresetSections;
import io.github.vla3d.data.NormStats;
import io.github.vla3d.policy.pi.PiConfig;
import io.github.vla3d.policy.pi.PiFamily;
import io.github.vla3d.scene.config.Preset;
import io.github.vla3d.tabletop.Tabletop;
import io.github.vla3d.tabletop.Tasks;
import io.github.vla3d.torch.Torch;
import io.github.vla3d.torch.probe.Machine;
import io.github.vla3d.training.BaseSpeed;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
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
      "Any key of the preset can be changed: --base.draws=1, --base.extent=expert, ..."
    })
final class BenchTrainCommand extends DocumentCommand {
  /** Tokens of the benchmark's instructions. */
  private static final int[] PROMPTS = {8, 9, 10, 11, 12, 13, 14};

  /** Numbers of the benchmark's state and action. */
  private static final int STATE = 8;

  private static final int ACTION = 7;

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

  @Unmatched private List<String> overrides = new ArrayList<>();

  BenchTrainCommand(Output output) {
    super(output);
  }

  @Override
  public Integer call() throws IOException {
    PresetSections.Base recipe = PresetSections.base(Overrides.apply(Preset.of(preset), overrides));
    if (threads != null) {
      Torch.threads(threads);
    }
    FreshPolicy fresh =
        FreshPolicy.tabletop(List.of(Tabletop.SCENE_VIEW, Tabletop.WRIST_VIEW), Tasks.texts())
            .withFamily(family);
    PiConfig config = fresh.config(STATE, ACTION);
    BaseSpeed.Report report;
    try (TemporaryFolder folder = new TemporaryFolder("vla3d-bench")) {
      fresh.write(
          folder.path(),
          new NormStats(
              Map.of(
                  "state", NormStats.Vector.unit(STATE), "actions", NormStats.Vector.unit(ACTION))),
          0);
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

  private void print(PresetSections.Base recipe, BaseSpeed.Report report) {
    Machine machine = Machine.look();
    output.line(
        "%s: %,d parameters, %,d of them reached by a gradient; %d samples x %d, %d draws",
        family.type(),
        report.parameters(),
        report.reached(),
        recipe.batch(),
        recipe.accumulate(),
        recipe.draws());
    output.line(
        "%s, %d cores, load %.1f; %d threads an operation",
        machine.processor(), machine.cores(), machine.load(), Torch.threads());
    output.line("");
    output.line("median of %d steps, ms", report.steps().size());
    output.line("  forward            %8.1f", 1e3 * median(report, BaseSpeed.Step::forward));
    output.line("  backward           %8.1f", 1e3 * median(report, BaseSpeed.Step::backward));
    output.line("  clip, optimiser    %8.1f", 1e3 * median(report, BaseSpeed.Step::update));
    output.line("  step               %8.1f", 1e3 * median(report, BaseSpeed.Step::seconds));
    output.line("  processor (mean)   %8.1f", 1e3 * processor(report));
    output.line(
        "samples a second     %8.1f",
        recipe.batch() * recipe.accumulate() / median(report, BaseSpeed.Step::seconds));
  }

  private static double median(BaseSpeed.Report report, ToDoubleFunction<BaseSpeed.Step> seconds) {
    double[] sorted = report.steps().stream().mapToDouble(seconds).sorted().toArray();
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
    root.put("seconds", median(report, BaseSpeed.Step::seconds));
    root.put("processor_seconds", processor(report));
    root.set("steps", mapper.valueToTree(report.steps()));
    return root;
  }
}
