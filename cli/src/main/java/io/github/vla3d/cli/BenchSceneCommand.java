package io.github.vla3d.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.policy.pi.PiCheckpoint;
import io.github.vla3d.policy.pi.PiFamily;
import io.github.vla3d.policy.pi.PiPolicy;
import io.github.vla3d.policy.pi.PiPrecision;
import io.github.vla3d.policy.pi.probe.PiProbe;
import io.github.vla3d.policy.pi.probe.RandomCheckpoint;
import io.github.vla3d.scene.Ports;
import io.github.vla3d.scene.config.Preset;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.scene.layers.Body;
import io.github.vla3d.scene.probe.SceneProbe;
import io.github.vla3d.torch.Torch;
import io.github.vla3d.torch.probe.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code vla3d bench scene}: what the plug-in adds to a request, part by part, beside the request
 * of the base policy, measured in the same run.
 */
@Command(
    name = "scene",
    mixinStandardHelpOptions = true,
    description = {
      "Times the plug-in with random weights, part by part: two views of 16 x 16 tokens over pictures of 224 x 224",
      "pixels with depth, as many instances and completion points as there may be.",
      "With --weights the base policy's request is timed in the same run; see vla3d bench pi05."
    })
final class BenchSceneCommand extends DocumentCommand {
  private static final double MB = 1e6;

  /** Types of the bodies of linear maps, convolutions and attention. */
  enum Bodies {
    BF16(Body.BF16, PiPrecision.OPENPI_BF16),
    FP32(Body.FULL, PiPrecision.FP32);

    private final Body body;
    private final PiPrecision base;

    Bodies(Body body, PiPrecision base) {
      this.body = body;
      this.base = base;
    }
  }

  /** Policies that it can stand beside. */
  enum Base {
    PI0(PiFamily.PI0),
    PI05(PiFamily.PI05);

    private final PiFamily family;

    Base(PiFamily family) {
      this.family = family;
    }
  }

  @Option(
      names = "--preset",
      paramLabel = "NAME|FILE",
      defaultValue = "default",
      description = "Choices of the scene module (default: default).")
  private String preset = "default";

  @Option(
      names = "--base",
      defaultValue = "PI05",
      description = "${COMPLETION-CANDIDATES}: the policy (default: pi05).")
  private Base base = Base.PI05;

  @Option(
      names = "--precision",
      defaultValue = "BF16",
      description =
          "${COMPLETION-CANDIDATES}: type of the module's and the base's bodies (default: bf16).")
  private Bodies precision = Bodies.BF16;

  @Option(
      names = "--rounds",
      defaultValue = "5",
      description = "Requests that are timed; the fastest counts (default: 5).")
  private int rounds;

  @Option(
      names = "--weights",
      paramLabel = "DIR",
      description =
          "Random weights of the base policy, as vla3d bench pi05 --weights DIR keeps them; they are drawn if there are"
              + " none (about 7 GB, 13 in fp32). Without it the base is not timed, only its operations are counted.")
  private @Nullable Path weights;

  @Option(
      names = "--size",
      defaultValue = "FULL",
      description = "${COMPLETION-CANDIDATES}: of the base policy (default: full).")
  private RandomCheckpoint.Size size = RandomCheckpoint.Size.FULL;

  BenchSceneCommand(Output output) {
    super(output);
  }

  /**
   * What the base was measured as.
   *
   * @param request its own
   * @param memory the scene tokens' way through its language model
   */
  private record BaseResult(PiProbe.Report request, PiProbe.Memory memory) {}

  @Override
  public Integer call() throws IOException {
    SceneConfig config = Preset.of(preset).scene();
    Path folder = weights;
    int width = RandomCheckpoint.tokenWidth(base.family, size);
    SceneProbe.Report scene;
    try (Progress progress = new Progress("measuring the plug-in", "rounds", rounds)) {
      scene =
          SceneProbe.run(
              config,
              new Ports(width, width, 1),
              precision.body,
              rounds,
              1,
              round -> progress.advance(1));
    }
    BaseResult measured =
        folder == null ? null : base(folder, scene.instances() + scene.completed());
    PiProbe.Arithmetic arithmetic =
        PiProbe.arithmetic(base.family, size, scene.instances() + scene.completed());
    print(scene, arithmetic, measured);
    output.json(document(scene, arithmetic, measured));
    return 0;
  }

  private BaseResult base(Path folder, int tokens) throws IOException {
    PiPrecision stored = precision.base;
    if (!Files.exists(folder.resolve("model.safetensors"))) {
      long parameters = RandomCheckpoint.parameters(base.family, size);
      try (Progress progress = new Progress("drawing weights", "numbers", parameters)) {
        RandomCheckpoint.write(folder, base.family, size, stored, 0, progress::advance);
      }
    }
    try (PiPolicy policy = PiCheckpoint.load(folder, RandomCheckpoint.options(size, stored));
        Progress progress = new Progress("measuring the base", "rounds", rounds)) {
      PiProbe.Report request = PiProbe.run(policy, rounds, 1, round -> progress.advance(1));
      return new BaseResult(request, PiProbe.memory(policy, tokens, rounds, 1));
    }
  }

  private void print(
      SceneProbe.Report scene, PiProbe.Arithmetic arithmetic, @Nullable BaseResult measured) {
    output.line(
        "scene, %s, %s: %,d parameters, %d instance and %d completion tokens",
        preset,
        precision.name().toLowerCase(Locale.ROOT),
        scene.parameters(),
        scene.instances(),
        scene.completed());
    Machine machine = Machine.look();
    output.line(
        "%s, %d cores, load %.1f; %d threads an operation",
        machine.processor(), machine.cores(), machine.load(), Torch.threads());
    output.line("");
    double whole = measured == null ? Double.NaN : measured.request().seconds();
    output.line("%-22s %9s %9s %9s %10s", "part", "ms", "GFLOP", "GFLOP/s", "of base");
    for (SceneProbe.Part part : scene.parts()) {
      row(part.name(), part.seconds(), part.gflop(), whole);
    }
    row("tokens to tokens", scene.seconds(), scene.gflop(), whole);
    if (measured != null) {
      PiProbe.Part memory = measured.memory().along();
      row("language model", memory.seconds(), memory.gflop(), whole);
      row("together", scene.seconds() + memory.seconds(), scene.gflop() + memory.gflop(), whole);
      row("base request", whole, measured.request().gflop(), whole);
      PiProbe.Part apart = measured.memory().apart();
      output.line("");
      row("in a pass of its own", apart.seconds(), apart.gflop(), whole);
    }
    output.line("");
    output.line(
        "operations, of base's %.0f GFLOP: tokens to tokens %.2f %%, language model %.2f %%, together %.2f %%",
        arithmetic.request(),
        100 * scene.gflop() / arithmetic.request(),
        100 * arithmetic.memory() / arithmetic.request(),
        100 * (scene.gflop() + arithmetic.memory()) / arithmetic.request());
    scene.residentBytes().ifPresent(bytes -> output.line("memory on top, MB     %.0f", bytes / MB));
  }

  private void row(String name, double seconds, double gflop, double whole) {
    output.line(
        "%-22s %9.1f %9.2f %9.0f %10s",
        name,
        seconds * 1e3,
        gflop,
        gflop / seconds,
        Double.isNaN(whole) ? "" : String.format(Locale.ROOT, "%.2f %%", 100 * seconds / whole));
  }

  private ObjectNode document(
      SceneProbe.Report scene, PiProbe.Arithmetic arithmetic, @Nullable BaseResult measured) {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode();
    root.put("preset", preset).put("precision", precision.name());
    root.put("threads", Torch.threads()).put("parameters", scene.parameters());
    root.put("instance_tokens", scene.instances()).put("completion_tokens", scene.completed());
    root.put("seconds", scene.seconds()).put("gflop", scene.gflop());
    scene.residentBytes().ifPresent(bytes -> root.put("resident_bytes", bytes));
    root.set("parts", mapper.valueToTree(scene.parts()));
    root.set("rounds", mapper.valueToTree(scene.rounds()));
    root.put("base", base.family.type()).put("base_gflop", arithmetic.request());
    root.put("language_model_gflop", arithmetic.memory());
    if (measured != null) {
      double whole = measured.request().seconds();
      root.put("base_seconds", whole);
      double memory = measured.memory().along().seconds();
      root.put("language_model_seconds", memory);
      root.put("language_model_apart_seconds", measured.memory().apart().seconds());
      root.put("share_of_base", scene.seconds() / whole);
      root.put("share_with_language_model", (scene.seconds() + memory) / whole);
    }
    return root;
  }
}
