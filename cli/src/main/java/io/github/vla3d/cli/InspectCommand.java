package io.github.vla3d.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.policy.pi.PiParts;
import io.github.vla3d.scene.config.Preset;
import io.github.vla3d.torch.TensorSpec;
import io.github.vla3d.torch.Weights;
import io.github.vla3d.torch.io.WeightFiles;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vla3d inspect}: what a weight file holds, or what a preset would. */
@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    description = {
      "Lists tensors, shapes, types, and parameter totals by prefix.",
      "Reads safetensors (a file, a sharded index, a folder), .pth/.pt, .npz/.npy, and training checkpoints; only headers,"
          + " not values.",
      "With --preset, instead: parameters of the plug-in by part, beside the table of the specification."
    })
final class InspectCommand extends DocumentCommand {
  @Parameters(paramLabel = "FILE|DIR", arity = "0..1", description = "What to look at.")
  private @Nullable Path path;

  @Option(
      names = "--preset",
      paramLabel = "NAME|FILE",
      description = "Choices of a plug-in whose parameters are counted.")
  private @Nullable String preset;

  @Option(
      names = "--base",
      defaultValue = "PI05",
      description = "With --preset, the policy: ${COMPLETION-CANDIDATES} (default: pi05).")
  private PluginSizes.Base base = PluginSizes.Base.PI05;

  @Option(
      names = "--arms",
      defaultValue = "1",
      description = "With --preset, end-effectors of the robot: 1 or 2 (default: 1).")
  private int arms;

  @Option(
      names = "--depth",
      defaultValue = "2",
      description = "Names in a prefix for which totals are printed (default: 2).")
  private int depth;

  @Option(names = "--totals", description = "Print totals only, not every tensor.")
  private boolean totalsOnly;

  @Spec private CommandSpec spec;

  InspectCommand(Output output) {
    super(output);
  }

  /** Number of tensors, elements and bytes. */
  private record Total(long tensors, long parameters, long bytes) {
    Total plus(TensorSpec spec) {
      return new Total(
          tensors + 1, parameters + spec.numel(), bytes + spec.numel() * spec.dtype().bytes());
    }
  }

  @Override
  public Integer call() {
    if ((path == null) == (preset == null)) {
      throw new ParameterException(
          spec.commandLine(),
          path == null
              ? "name what to look at: a file, a folder, or --preset"
              : "wanted either a file or folder, or --preset, got both");
    }
    if (preset != null) {
      PluginSizes sizes = PluginSizes.of(Preset.of(preset), base, arms);
      sizes.print(output);
      output.json(sizes.document());
      return 0;
    }
    return weights(Objects.requireNonNull(path)); // one of the two is there
  }

  private int weights(Path path) {
    try (Weights weights = WeightFiles.open(path)) {
      Map<String, TensorSpec> specs = weights.specs();
      Map<String, Total> prefixes = new TreeMap<>();
      Total total = new Total(0, 0, 0);
      for (var entry : specs.entrySet()) {
        prefixes.merge(
            prefix(entry.getKey()),
            new Total(0, 0, 0).plus(entry.getValue()),
            (a, b) -> a.plus(entry.getValue()));
        total = total.plus(entry.getValue());
      }
      Map<String, Total> parts = parts(specs);
      print(weights.source(), specs, prefixes, total);
      if (!parts.isEmpty()) {
        output.line("");
        output.line("  parts of the policy");
        table(parts);
      }
      output.json(document(weights.source(), specs, prefixes, total, parts));
      return 0;
    }
  }

  /** By part, if these are the tensors of a policy that we know; else empty. */
  private static Map<String, Total> parts(Map<String, TensorSpec> specs) {
    Map<String, PiParts> of = PiParts.of(specs.keySet());
    Map<String, Total> parts = new LinkedHashMap<>();
    for (PiParts part : PiParts.values()) {
      Total total = new Total(0, 0, 0);
      for (var entry : specs.entrySet()) {
        total = part == of.get(entry.getKey()) ? total.plus(entry.getValue()) : total;
      }
      if (total.tensors() > 0) {
        parts.put(part.name().toLowerCase(Locale.ROOT), total);
      }
    }
    return parts;
  }

  /** The first names of a tensor's name, without its own. */
  private String prefix(String name) {
    String[] parts = name.split("\\.", -1);
    int n = Math.min(depth, parts.length - 1);
    return String.join(".", java.util.Arrays.asList(parts).subList(0, n));
  }

  private void print(
      String source, Map<String, TensorSpec> specs, Map<String, Total> prefixes, Total total) {
    output.line("%s", source);
    if (!totalsOnly) {
      int width = specs.keySet().stream().mapToInt(String::length).max().orElse(10);
      specs.forEach(
          (name, spec) ->
              output.line(
                  "%s",
                  String.format(
                      "  %-" + width + "s  %-4s  %-20s  %,15d",
                      name,
                      spec.dtype(),
                      spec.shape(),
                      spec.numel())));
      output.line("");
    }
    Map<String, Total> rows = new LinkedHashMap<>();
    prefixes.forEach((prefix, t) -> rows.put(prefix.isEmpty() ? "(top)" : prefix, t));
    rows.put("total", total);
    table(rows);
    output.line("  types: %s", types(specs));
  }

  private void table(Map<String, Total> rows) {
    int width = Math.max(5, rows.keySet().stream().mapToInt(String::length).max().orElse(5));
    String row = "  %-" + width + "s  %8s  %,18d  %10s";
    rows.forEach(
        (name, t) ->
            output.line(
                "%s", String.format(row, name, t.tensors(), t.parameters(), bytes(t.bytes()))));
  }

  private static String bytes(long bytes) {
    return bytes >= 10L << 30
        ? String.format("%.1f GiB", bytes / (double) (1L << 30))
        : bytes >= 10L << 20
            ? String.format("%.1f MiB", bytes / (double) (1L << 20))
            : String.format("%.1f KiB", bytes / 1024.0);
  }

  private static Set<String> types(Map<String, TensorSpec> specs) {
    Set<String> types = new TreeSet<>();
    specs.values().forEach(spec -> types.add(spec.dtype().name()));
    return types;
  }

  private ObjectNode document(
      String source,
      Map<String, TensorSpec> specs,
      Map<String, Total> prefixes,
      Total total,
      Map<String, Total> parts) {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode().put("source", source);
    root.set("total", mapper.valueToTree(total));
    root.set("prefixes", mapper.valueToTree(prefixes));
    if (!parts.isEmpty()) {
      root.set("parts", mapper.valueToTree(parts));
    }
    if (!totalsOnly) {
      ObjectNode tensors = root.putObject("tensors");
      specs.forEach(
          (name, spec) -> {
            ObjectNode tensor = tensors.putObject(name).put("dtype", spec.dtype().name());
            tensor.set("shape", mapper.valueToTree(spec.shape()));
          });
    }
    return root;
  }
}
