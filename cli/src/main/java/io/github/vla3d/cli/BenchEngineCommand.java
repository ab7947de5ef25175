package io.github.vla3d.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.torch.Torch;
import io.github.vla3d.torch.probe.EngineProbe;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code vla3d bench engine}: the engine with our start-up settings, beside itself without them and
 * beside the environment variables that people use instead. Each runs in a JVM of its own, in
 * turns.
 */
@Command(
    name = "engine",
    mixinStandardHelpOptions = true,
    description =
        "Measures the engine with our start-up settings beside a plain start and beside the usual environment variables.")
final class BenchEngineCommand extends DocumentCommand {
  /** Set in the JVMs that measure without our settings. */
  private static final String PLAIN = "vla3d.bench.plain";

  @Option(
      names = "--rounds",
      defaultValue = "2",
      description = "How often each setting is measured; the best value counts (default: 2).")
  private int rounds;

  @Option(names = "--measure", hidden = true)
  private boolean measure;

  BenchEngineCommand(Output output) {
    super(output);
  }

  /** Name of a measured number, how to read it, and whether more is better. */
  private record Measure(String key, String title, String unit, boolean more) {}

  private static final List<Measure> NUMBERS =
      List.of(
          new Measure("fp32GemmGflops", "fp32 product 2048", "GFLOP/s", true),
          new Measure("bf16GemmGflops", "bf16 product 2048", "GFLOP/s", true),
          new Measure("smallOperationMicros", "small operation", "us", false),
          new Measure("linearMillis", "fp32 linear 1x2048x4096", "ms", false),
          new Measure("attentionFp32Millis", "fp32 attention", "ms", false),
          new Measure("attentionBf16Millis", "bf16 attention", "ms", false),
          new Measure("mlpStepMillis", "small MLP training step", "ms", false),
          new Measure("wideMlpMillis", "wide MLP, forward + backward", "ms", false),
          new Measure("one", "inference, 1 thread", "/s", true),
          new Measure("two", "inference, 2 threads", "/s", true));

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (measure) {
      if (Boolean.getBoolean(PLAIN)) {
        Torch.startPlain();
      }
      output.json(EngineProbe.run());
      return 0;
    }
    Map<String, Map<String, String>> settings = new LinkedHashMap<>();
    settings.put("ours", Map.of());
    settings.put("plain", Map.of());
    settings.put("OMP_WAIT_POLICY", Map.of("OMP_WAIT_POLICY", "PASSIVE"));
    settings.put("THREAD_TIMEOUT", Map.of("OPENBLAS_THREAD_TIMEOUT", "4"));
    settings.put("BLAS_THREADS", Map.of("OPENBLAS_NUM_THREADS", "1"));

    Map<String, Map<String, Double>> best = new LinkedHashMap<>();
    for (int round = 0; round < rounds; round++) {
      for (var setting : settings.entrySet()) {
        output.note("measuring: %s (%d of %d) ...", setting.getKey(), round + 1, rounds);
        Map<String, Double> values = child(setting.getKey().equals("ours"), setting.getValue());
        Map<String, Double> kept =
            best.computeIfAbsent(setting.getKey(), name -> new LinkedHashMap<>(values));
        for (Measure number : NUMBERS) {
          kept.merge(
              number.key(),
              values.getOrDefault(number.key(), Double.NaN),
              number.more() ? Math::max : Math::min);
        }
      }
    }
    print(best);
    output.json(document(best));
    return 0;
  }

  private void print(Map<String, Map<String, Double>> best) {
    StringBuilder head = new StringBuilder(String.format("%-30s", ""));
    best.keySet().forEach(name -> head.append(String.format("%17s", name)));
    output.line("%s", head.append(String.format("%12s%12s", "ours/plain", "ours/best")));
    for (Measure number : NUMBERS) {
      StringBuilder row =
          new StringBuilder(String.format("%-30s", number.title() + ", " + number.unit()));
      best.values().forEach(v -> row.append(String.format("%17.2f", v.get(number.key()))));
      output.line(
          "%s",
          row.append(
              String.format(
                  "%12.2f%12.2f", ratio(best, number, "plain"), ratio(best, number, "best"))));
    }
    output.line("");
    output.line("Ratios above 1 say that ours is so many times better.");
    output.line(
        "Two threads infer %.2f times as fast as one (plain: %.2f).",
        value(best, "ours", "two") / value(best, "ours", "one"),
        value(best, "plain", "two") / value(best, "plain", "one"));
  }

  /** How many times better ours is than another setting, or than the best of the others. */
  private static double ratio(
      Map<String, Map<String, Double>> best, Measure number, String against) {
    double ours = value(best, "ours", number.key());
    double other =
        best.entrySet().stream()
            .filter(
                e ->
                    against.equals("best")
                        ? !e.getKey().equals("ours")
                        : e.getKey().equals(against))
            .mapToDouble(e -> value(best, e.getKey(), number.key()))
            .reduce(number.more() ? Math::max : Math::min)
            .orElse(Double.NaN);
    return number.more() ? ours / other : other / ours;
  }

  private static double value(Map<String, Map<String, Double>> best, String setting, String key) {
    return best.getOrDefault(setting, Map.of()).getOrDefault(key, Double.NaN);
  }

  private ObjectNode document(Map<String, Map<String, Double>> best) {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode();
    root.put("rounds", rounds);
    root.set("settings", mapper.valueToTree(best));
    ObjectNode plain = root.putObject("ours_over_plain");
    ObjectNode others = root.putObject("ours_over_best");
    for (Measure number : NUMBERS) {
      plain.put(number.key(), ratio(best, number, "plain"));
      others.put(number.key(), ratio(best, number, "best"));
    }
    root.put("two_threads_over_one", value(best, "ours", "two") / value(best, "ours", "one"));
    return root;
  }

  private static Map<String, Double> child(boolean tuned, Map<String, String> environment)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    if (!tuned) {
      command.add("-D" + PLAIN + "=true");
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of("bench", "engine", "--measure", "--json"));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().keySet().removeIf(name -> name.matches("(OMP|MKL|OPENBLAS|GOMP)_.*"));
    builder.environment().putAll(environment);
    Process process = builder.start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int status = process.waitFor();
    if (status != 0) {
      throw new IOException("the measuring JVM ended with status " + status);
    }
    Map<String, Double> values = new LinkedHashMap<>();
    try {
      JsonNode report = new ObjectMapper().readTree(text);
      for (Measure number : NUMBERS) {
        values.put(number.key(), report.path(number.key()).asDouble(Double.NaN));
      }
      values.put("one", report.path("inferencePerSecond").path("1").asDouble(Double.NaN));
      values.put("two", report.path("inferencePerSecond").path("2").asDouble(Double.NaN));
      return values;
    } catch (IOException e) {
      throw new UncheckedIOException("the measuring JVM printed no JSON: " + text, e);
    }
  }
}
