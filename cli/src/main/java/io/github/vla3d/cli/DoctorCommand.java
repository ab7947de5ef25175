package io.github.vla3d.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.data.DataException;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.ReadOptions;
import io.github.vla3d.data.doctor.Corrected;
import io.github.vla3d.data.doctor.Diagnosis;
import io.github.vla3d.data.doctor.Doctor;
import io.github.vla3d.data.doctor.Fault;
import io.github.vla3d.data.doctor.Repair;
import io.github.vla3d.datasets.Datasets;
import io.github.vla3d.geometry.DepthKind;
import io.github.vla3d.torch.Torch;
import io.github.vla3d.torch.probe.EngineProbe;
import io.github.vla3d.torch.probe.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code vla3d doctor}: what this machine can do, what is wrong with it and what to do; or whether
 * the geometry of a data set is sound.
 */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    description = {
      "Without a data set: examines this machine (engine, devices, threads, measured speed).",
      "With one: judges from the data alone whether depth, cameras and poses agree, and names fault and remedy;"
          + " --fix writes a corrected copy.",
      "Status 1 if something is wrong."
    })
final class DoctorCommand extends DocumentCommand {
  @Parameters(
      paramLabel = "DATASET",
      arity = "0..1",
      description = "Recordings in any format that vla3d reads.")
  private @Nullable Path source;

  @Option(
      names = "--episodes",
      paramLabel = "N",
      defaultValue = "6",
      description = "How many episodes are examined, evenly spread (default: 6).")
  private int episodes;

  @Option(
      names = "--views",
      split = ",",
      paramLabel = "NAME",
      description = "Examine these cameras only (default: all).")
  private Set<String> views = new LinkedHashSet<>();

  @ArgGroup(exclusive = false, heading = "A raw z-buffer can be undone if its planes are known:%n")
  private @Nullable Planes planes;

  /** Both or none. */
  static final class Planes {
    @Option(
        names = "--near",
        required = true,
        paramLabel = "METRES",
        description = "Near plane of the renderer.")
    private double near;

    @Option(
        names = "--far",
        required = true,
        paramLabel = "METRES",
        description = "Far plane of the renderer.")
    private double far;
  }

  @ArgGroup(exclusive = false, heading = "To have the faults undone:%n")
  private @Nullable Fix fix;

  /** Both or none. */
  static final class Fix {
    @Option(
        names = "--fix",
        required = true,
        description =
            "Examine every episode, undo its faults, examine it again, and write a LeRobotDataset v3.0. The source is"
                + " never changed; a fault that cannot be undone is named, and nothing is written.")
    private boolean asked;

    @Option(
        names = "--out",
        required = true,
        paramLabel = "DIR",
        description = "Where to; must not exist yet, and exists only when all is written.")
    private Path out = Path.of(".");
  }

  @Mixin private Conversion conversion = new Conversion();

  DoctorCommand(Output output) {
    super(output);
  }

  @Override
  public Integer call() throws IOException {
    return source == null ? examineMachine() : examine(source);
  }

  private int examine(Path path) throws IOException {
    ReadOptions options = new ReadOptions(views, true, List.of());
    try (Dataset dataset = Datasets.open(path, options)) {
      Fix wanted = fix;
      if (wanted != null && Files.exists(wanted.out)) {
        throw new DataException(
            wanted.out.toString(), null, -1, "a new folder", "one that exists already");
      }
      int looked = wanted == null ? Math.min(episodes, dataset.size()) : dataset.size();
      output.note("examining %d of %d episodes ...", looked, dataset.size());
      Diagnosis diagnosis = new Doctor(looked, known()).examine(dataset);
      print(diagnosis);
      ObjectNode root = document(diagnosis);
      boolean ok = diagnosis.ok();
      if (wanted != null && !ok) {
        ok = undo(dataset, diagnosis, wanted.out, root);
      }
      output.json(root);
      return ok ? 0 : 1;
    }
  }

  private Optional<DepthKind.ZBuffer> known() {
    return Optional.ofNullable(planes).map(p -> new DepthKind.ZBuffer(p.near, p.far));
  }

  private void print(Diagnosis diagnosis) {
    for (Fault fault : diagnosis.faults()) {
      output.line("%-20s %-18s confidence %.2f", fault.view(), name(fault), fault.confidence());
      output.line("  -> %s", fault.remedy());
    }
    diagnosis.notes().forEach(note -> output.line("note: %s", note));
    output.line("%s", diagnosis.ok() ? "The geometry is sound." : "The geometry is not sound.");
  }

  private static ObjectNode document(Diagnosis diagnosis) {
    ObjectNode root = new ObjectMapper().createObjectNode().put("ok", diagnosis.ok());
    ArrayNode faults = root.putArray("faults");
    for (Fault fault : diagnosis.faults()) {
      faults
          .addObject()
          .put("view", fault.view())
          .put("kind", name(fault))
          .put("confidence", fault.confidence())
          .put("remedy", fault.remedy());
    }
    ArrayNode notes = root.putArray("notes");
    diagnosis.notes().forEach(notes::add);
    return root;
  }

  /** Whether the faults could be undone and the copy is written. */
  private boolean undo(Dataset dataset, Diagnosis diagnosis, Path out, ObjectNode root)
      throws IOException {
    ArrayNode hopeless = root.putArray("cannot_be_undone");
    for (Fault fault : diagnosis.faults()) {
      if (fault.repair() instanceof Repair.Impossible impossible) {
        output.line("%s of %s cannot be undone: %s", name(fault), fault.view(), impossible.why());
        hopeless
            .addObject()
            .put("view", fault.view())
            .put("kind", name(fault))
            .put("why", impossible.why());
      }
    }
    if (!hopeless.isEmpty()) {
      output.line("Nothing is written.");
      return false;
    }
    Corrected corrected = new Corrected(dataset, new Doctor(1, known()));
    ArrayNode written = root.putArray("written");
    for (Conversion.Written one : conversion.write("fix", dataset, corrected::episode, out)) {
      output.line(
          "%s: %d episodes, %d frames, without these faults",
          one.out(), one.episodes(), one.frames());
      written.add(one.json());
    }
    return true;
  }

  private static String name(Fault fault) {
    return fault.kind().name().toLowerCase(Locale.ROOT);
  }

  private int examineMachine() {
    output.note("measuring, about 10 seconds ...");
    Machine machine = Machine.look();
    EngineProbe.Report speed = EngineProbe.run();
    List<Machine.Finding> findings = machine.findings(speed);
    print(machine, speed, findings);
    output.json(document(machine, speed, findings));
    return findings.stream().anyMatch(f -> f.severity() == Machine.Severity.FAULT) ? 1 : 0;
  }

  private void print(Machine machine, EngineProbe.Report speed, List<Machine.Finding> findings) {
    output.line("Machine");
    output.line("  processor      %s", machine.processor());
    output.line(
        "  cores          %d, memory %.1f GiB, load %.1f",
        machine.cores(), machine.memoryGib(), machine.load());
    output.line("  java           %s, %s", machine.java(), machine.system());
    output.line("Engine");
    output.line("  libtorch       %s", Torch.version());
    output.line("  devices        %s", String.join(", ", machine.devices()));
    output.line("  threads        %d an operation, OpenBLAS 1", Torch.threads());
    output.line(
        "  fp32 products  %s",
        Torch.mediumRoundsToBf16()
            ? "OpenBLAS (oneDNN would round factors to bf16 here)"
            : "oneDNN, fp32 accuracy");
    output.line(
        "  attention      %s", Torch.flashAttention() ? "flash kernel (AMX)" : "matrix form");
    output.line("Speed");
    output.line("  fp32 product   %8.0f GFLOP/s  (2048 x 2048)", speed.fp32GemmGflops());
    output.line("  bf16 product   %8.0f GFLOP/s", speed.bf16GemmGflops());
    output.line(
        "  small op       %8.2f us       (add 16 numbers, with its scope)",
        speed.smallOperationMicros());
    output.line("  linear         %8.2f ms       ([1, 2048] to 4096, fp32)", speed.linearMillis());
    output.line(
        "  attention      %8.1f ms       ([1, 8, 968, 256], fp32)", speed.attentionFp32Millis());
    output.line("  attention      %8.1f ms       (the same, bf16)", speed.attentionBf16Millis());
    output.line("  training step  %8.2f ms       (MLP 64-256-1, batch 256)", speed.mlpStepMillis());
    output.line(
        "  inference      %8.0f /s       (8-block MLP, one thread; two threads %.2fx)",
        speed.inferencePerSecond().getOrDefault(1, Double.NaN), speed.scaling());
    if (findings.isEmpty()) {
      output.line("Nothing is wrong.");
      return;
    }
    output.line("Findings");
    for (Machine.Finding finding : findings) {
      output.line("  %-5s %s", finding.severity().name().toLowerCase(Locale.ROOT), finding.what());
      output.line("        -> %s", finding.remedy());
    }
  }

  static ObjectNode document(
      Machine machine, EngineProbe.Report speed, List<Machine.Finding> findings) {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode();
    root.put("ok", findings.stream().noneMatch(f -> f.severity() == Machine.Severity.FAULT));
    root.putPOJO("machine", machine);
    root.putObject("engine")
        .put("version", Torch.version())
        .put("precision", Torch.precision().name())
        .put("medium_rounds_to_bf16", Torch.mediumRoundsToBf16())
        .put("flash_attention", Torch.flashAttention())
        .put("cuda_devices", Torch.cudaDevices());
    root.putObject("threads")
        .put("cores", machine.cores())
        .put("per_operation", Torch.threads())
        .put("blas", 1);
    root.set("gemm", gemm(mapper, speed));
    root.set("speed", mapper.valueToTree(speed));
    ArrayNode list = root.putArray("findings");
    for (Machine.Finding finding : findings) {
      list.addObject()
          .put("severity", finding.severity().name().toLowerCase(Locale.ROOT))
          .put("what", finding.what())
          .put("remedy", finding.remedy());
    }
    return root;
  }

  private static ObjectNode gemm(ObjectMapper mapper, EngineProbe.Report speed) {
    return mapper
        .createObjectNode()
        .put("size", 2048)
        .put("fp32_gflops", speed.fp32GemmGflops())
        .put("bf16_gflops", speed.bf16GemmGflops());
  }
}
