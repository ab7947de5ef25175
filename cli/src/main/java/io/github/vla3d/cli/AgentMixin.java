package io.github.vla3d.cli;

import io.github.vla3d.agent.AgentOptions;
import io.github.vla3d.agent.Orientation;
import io.github.vla3d.torch.Device;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What commands ask of whoever loads a policy. */
final class AgentMixin {
  @Option(
      names = "--camera",
      paramLabel = "CAMERA=VIEW",
      description =
          "Which view of the data set the policy gets as which of its cameras; those that are not"
              + " named stay empty (default: found by their names).")
  private Map<String, String> cameras = new LinkedHashMap<>();

  @Option(
      names = "--orientation",
      defaultValue = "AUTO",
      paramLabel = "HOW",
      description =
          "Which way up the policy wants its pictures: ${COMPLETION-CANDIDATES} (default:"
              + " ${DEFAULT-VALUE}). MIRRORED for policies trained on LIBERO's turned pictures.")
  private Orientation orientation = Orientation.AUTO;

  @Option(
      names = "--precision",
      defaultValue = "FP32",
      paramLabel = "P",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private AgentOptions.Precision precision = AgentOptions.Precision.FP32;

  @Option(
      names = "--device",
      defaultValue = "cpu",
      paramLabel = "D",
      description = "cpu, cuda or cuda:N (default: ${DEFAULT-VALUE}).")
  private String device = "cpu";

  @Option(
      names = "--sampling-steps",
      defaultValue = "0",
      paramLabel = "N",
      description = "Steps of the sampler (default: those of the policy).")
  private int steps;

  @Option(
      names = "--tokenizer",
      paramLabel = "PATH",
      description = "For policies that bring none along: tokenizer.json, a .model, or a folder.")
  private @Nullable Path tokenizer;

  @Option(
      names = "--openpi",
      paramLabel = "NAME",
      description =
          "For folders of openpi: the training configuration, as pi05_libero, or the robot.")
  private @Nullable String openpi;

  AgentOptions options() {
    return AgentOptions.DEFAULTS
        .withCameras(cameras)
        .withOrientation(orientation)
        .withPrecision(precision)
        .withDevice(Device.parse(device))
        .withSteps(steps)
        .withTokenizer(tokenizer)
        .withOpenpi(openpi);
  }
}
