package io.github.vla3d.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.policy.pi.PiCheckpoint;
import io.github.vla3d.policy.pi.PiFamily;
import io.github.vla3d.policy.pi.PiPolicy;
import io.github.vla3d.policy.pi.PiPrecision;
import io.github.vla3d.policy.pi.probe.PiProbe;
import io.github.vla3d.policy.pi.probe.RandomCheckpoint;
import io.github.vla3d.torch.Torch;
import io.github.vla3d.torch.probe.Machine;
import io.github.vla3d.torch.probe.ResidentMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code vla3d bench pi0} and {@code vla3d bench pi05}: a LIBERO request through a policy of true
 * shape with random weights, part by part.
 */
abstract class BenchPiCommand extends DocumentCommand {
  private static final double GB = 1e9;

  private final PiFamily family;

  @Option(
      names = "--size",
      defaultValue = "FULL",
      description = "${COMPLETION-CANDIDATES}: as published, or for a try (default: full).")
  private RandomCheckpoint.Size size = RandomCheckpoint.Size.FULL;

  @Option(
      names = "--precision",
      defaultValue = "OPENPI_BF16",
      description =
          "${COMPLETION-CANDIDATES}: types in which the weights are stored and used (default: openpi_bf16).")
  private PiPrecision precision = PiPrecision.OPENPI_BF16;

  @Option(
      names = "--rounds",
      defaultValue = "5",
      description = "Requests that are timed; the fastest counts (default: 5).")
  private int rounds;

  @Option(
      names = "--weights",
      paramLabel = "DIR",
      description =
          "Keep the random weights here, and use those that are here. Without it they go to a temporary folder and are"
              + " drawn each time (full size: about 7 GB, half a minute).")
  private @Nullable Path weights;

  BenchPiCommand(Output output, PiFamily family) {
    super(output);
    this.family = family;
  }

  @Command(
      name = "pi0",
      mixinStandardHelpOptions = true,
      description = "Times a LIBERO request through pi0 with random weights, part by part.")
  static final class Pi0 extends BenchPiCommand {
    Pi0(Output output) {
      super(output, PiFamily.PI0);
    }
  }

  @Command(
      name = "pi05",
      mixinStandardHelpOptions = true,
      description = "Times a LIBERO request through pi0.5 with random weights, part by part.")
  static final class Pi05 extends BenchPiCommand {
    Pi05(Output output) {
      super(output, PiFamily.PI05);
    }
  }

  @Override
  public Integer call() throws IOException {
    Path kept = weights;
    if (kept != null) {
      return run(kept);
    }
    try (TemporaryFolder folder = new TemporaryFolder("vla3d-bench")) {
      return run(folder.path());
    }
  }

  private int run(Path folder) throws IOException {
    Path file = folder.resolve("model.safetensors");
    long parameters = RandomCheckpoint.parameters(family, size);
    if (!Files.exists(file)) {
      try (Progress progress = new Progress("drawing weights", "numbers", parameters)) {
        RandomCheckpoint.write(folder, family, size, precision, 0, progress::advance);
      }
    }
    long bytes = Files.size(file);
    long began = System.nanoTime();
    try (PiPolicy policy = PiCheckpoint.load(folder, RandomCheckpoint.options(size, precision))) {
      double load = (System.nanoTime() - began) / 1e9;
      PiProbe.Report report;
      try (Progress progress = new Progress("measuring", "rounds", rounds)) {
        report = PiProbe.run(policy, rounds, 1, round -> progress.advance(1));
      }
      Result result = new Result(parameters, bytes, load, ResidentMemory.peak(), report);
      print(result);
      output.json(document(result));
    }
    return 0;
  }

  /** What was measured, of model and process. */
  private record Result(
      long parameters,
      long fileBytes,
      double loadSeconds,
      OptionalLong peakBytes,
      PiProbe.Report report) {
    double overWeights() {
      return peakBytes.isPresent() ? (peakBytes.getAsLong() - fileBytes) / GB : Double.NaN;
    }
  }

  private void print(Result result) {
    PiProbe.Report report = result.report();
    output.line(
        "%s, %s, %s: %,d parameters, %.2f GB",
        family.type(),
        size.name().toLowerCase(Locale.ROOT),
        precision.name().toLowerCase(Locale.ROOT),
        result.parameters(),
        result.fileBytes() / GB);
    Machine machine = Machine.look();
    output.line(
        "%s, %d cores, load %.1f; %d threads an operation",
        machine.processor(), machine.cores(), machine.load(), Torch.threads());
    output.line(
        "a request: 2 of 3 cameras, 45 words of a prompt: prefix of %d tokens", report.tokens());
    output.line("");
    String row = "%-14s %9.1f %9.2f %9.0f %8.0f %% %12.1f";
    output.line(
        "%-14s %9s %9s %9s %10s %12s", "part", "ms", "GFLOP", "GFLOP/s", "of peak", "products, ms");
    for (PiProbe.Part part : report.parts()) {
      output.line(
          "%s",
          String.format(
              row,
              part.name(),
              part.seconds() * 1e3,
              part.gflop(),
              part.gflops(),
              100 * part.gflops() / report.peakGflops(),
              part.productSeconds() * 1e3));
    }
    output.line(
        "%s",
        String.format(
            row,
            "all",
            report.seconds() * 1e3,
            report.gflop(),
            report.gflops(),
            100 * report.shareOfPeak(),
            report.productSeconds() * 1e3));
    output.line("");
    output.line("products of [rows, in] with [in, out]");
    for (PiProbe.Peak peak : report.peaks()) {
      output.line(
          "  %-14s %5d x %5d x %5d %9.0f GFLOP/s",
          peak.name(), peak.rows(), peak.in(), peak.out(), peak.gflops());
    }
    List<String> all = new ArrayList<>();
    report.requests().forEach(seconds -> all.add(String.format("%.2f", seconds)));
    output.line("");
    output.line(
        "requests, s        %s (the first of all: %.2f)",
        String.join(" ", all), report.firstSeconds());
    output.line("loading, s         %.3f (mapped)", result.loadSeconds());
    if (result.peakBytes().isPresent()) {
      output.line(
          "peak resident      %.2f GB, weights %+.2f GB",
          result.peakBytes().getAsLong() / GB, result.overWeights());
    }
  }

  private ObjectNode document(Result result) {
    ObjectMapper mapper = new ObjectMapper();
    PiProbe.Report report = result.report();
    ObjectNode root = mapper.createObjectNode();
    root.put("family", family.type()).put("size", size.name()).put("precision", precision.name());
    root.put("parameters", result.parameters()).put("weight_bytes", result.fileBytes());
    root.put("threads", Torch.threads());
    root.put("load_seconds", result.loadSeconds());
    result.peakBytes().ifPresent(bytes -> root.put("peak_resident_bytes", bytes));
    root.put("prefix_tokens", report.tokens());
    root.put("seconds", report.seconds()).put("gflop", report.gflop());
    root.put("gflops", report.gflops()).put("peak_gflops", report.peakGflops());
    root.put("share_of_peak", report.shareOfPeak());
    root.put("first_seconds", report.firstSeconds());
    root.set("requests", mapper.valueToTree(report.requests()));
    root.set("parts", mapper.valueToTree(report.parts()));
    root.set("products", mapper.valueToTree(report.peaks()));
    return root;
  }
}
