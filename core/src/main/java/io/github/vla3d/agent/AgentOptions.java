package io.github.vla3d.agent;

import io.github.vla3d.policy.Policy;
import io.github.vla3d.policy.PolicyException;
import io.github.vla3d.policy.processing.lerobot.CameraInputs;
import io.github.vla3d.policy.processing.lerobot.ProcessorOptions;
import io.github.vla3d.policy.processing.openpi.Settings;
import io.github.vla3d.torch.Device;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How to load a policy: what its folder leaves open.
 *
 * @param precision of the network, and of a plug-in that is loaded to act with it
 * @param device on which it runs
 * @param cameras views of observations by the policy's cameras; those that are not named stay
 *     empty. No entry at all: views are found by their names
 * @param orientation which way up the policy wants its pictures
 * @param steps of the sampler; 0 for those of the checkpoint
 * @param tokenizer for folders that bring none along: a {@code tokenizer.json}, a {@code .model},
 *     or a folder with one; null for that of the folder
 * @param openpi folders of openpi, which do not say how they want their inputs: the name of the
 *     training configuration, or of a robot: libero, droid, aloha. Null if the folder's statistics
 *     leave no choice
 * @param settings the same for a configuration of your own; sizes are taken from the network
 * @param processing LeRobot's processors: what their files leave open
 * @param resize LeRobot's pictures: which release the policy was trained with
 * @param sizes of networks smaller than the variant that their configuration names, see {@link
 *     io.github.vla3d.policy.pi.PiConfig#withSizes}
 * @param memory makes what adds tokens behind the prefix, once the policy is loaded; null for none
 */
public record AgentOptions(
    Precision precision,
    Device device,
    Map<String, String> cameras,
    Orientation orientation,
    int steps,
    @Nullable Path tokenizer,
    @Nullable String openpi,
    @Nullable Settings settings,
    ProcessorOptions processing,
    CameraInputs.Resize resize,
    Map<String, Long> sizes,
    @Nullable Function<Policy, Memory> memory) {
  /** In which types a network computes. */
  public enum Precision {
    FP32,
    /** bf16 with a tower in fp32, as LeRobot's {@code dtype: bfloat16}. */
    BF16,
    /** bf16 with a tower in bf16, as openpi's PyTorch. */
    BF16_TOWER
  }

  /** fp32 on the CPU, everything else as the folder says. */
  public static final AgentOptions DEFAULTS =
      new AgentOptions(
          Precision.FP32,
          Device.CPU,
          Map.of(),
          Orientation.AUTO,
          0,
          null,
          null,
          null,
          ProcessorOptions.DEFAULTS,
          CameraInputs.Resize.CURRENT,
          Map.of(),
          null);

  /**
   * @throws PolicyException if steps are below 0
   */
  public AgentOptions {
    cameras = Map.copyOf(cameras);
    sizes = Map.copyOf(sizes);
    if (steps < 0) {
      throw new PolicyException("options: wanted steps >= 0, got " + steps);
    }
  }

  public AgentOptions withPrecision(Precision precision) {
    return new AgentOptions(
        precision,
        device,
        cameras,
        orientation,
        steps,
        tokenizer,
        openpi,
        settings,
        processing,
        resize,
        sizes,
        memory);
  }

  public AgentOptions withDevice(Device device) {
    return new AgentOptions(
        precision,
        device,
        cameras,
        orientation,
        steps,
        tokenizer,
        openpi,
        settings,
        processing,
        resize,
        sizes,
        memory);
  }

  public AgentOptions withCameras(Map<String, String> cameras) {
    return new AgentOptions(
        precision,
        device,
        cameras,
        orientation,
        steps,
        tokenizer,
        openpi,
        settings,
        processing,
        resize,
        sizes,
        memory);
  }

  public AgentOptions withOrientation(Orientation orientation) {
    return new AgentOptions(
        precision,
        device,
        cameras,
        orientation,
        steps,
        tokenizer,
        openpi,
        settings,
        processing,
        resize,
        sizes,
        memory);
  }

  public AgentOptions withSteps(int steps) {
    return new AgentOptions(
        precision,
        device,
        cameras,
        orientation,
        steps,
        tokenizer,
        openpi,
        settings,
        processing,
        resize,
        sizes,
        memory);
  }

  public AgentOptions withTokenizer(@Nullable Path tokenizer) {
    return new AgentOptions(
        precision,
        device,
        cameras,
        orientation,
        steps,
        tokenizer,
        openpi,
        settings,
        processing,
        resize,
        sizes,
        memory);
  }

  /** With the name of an openpi configuration or robot. */
  public AgentOptions withOpenpi(@Nullable String openpi) {
    return new AgentOptions(
        precision,
        device,
        cameras,
        orientation,
        steps,
        tokenizer,
        openpi,
        settings,
        processing,
        resize,
        sizes,
        memory);
  }

  public AgentOptions withSettings(@Nullable Settings settings) {
    return new AgentOptions(
        precision,
        device,
        cameras,
        orientation,
        steps,
        tokenizer,
        openpi,
        settings,
        processing,
        resize,
        sizes,
        memory);
  }

  public AgentOptions withProcessing(ProcessorOptions processing) {
    return new AgentOptions(
        precision,
        device,
        cameras,
        orientation,
        steps,
        tokenizer,
        openpi,
        settings,
        processing,
        resize,
        sizes,
        memory);
  }

  public AgentOptions withResize(CameraInputs.Resize resize) {
    return new AgentOptions(
        precision,
        device,
        cameras,
        orientation,
        steps,
        tokenizer,
        openpi,
        settings,
        processing,
        resize,
        sizes,
        memory);
  }

  public AgentOptions withSizes(Map<String, Long> sizes) {
    return new AgentOptions(
        precision,
        device,
        cameras,
        orientation,
        steps,
        tokenizer,
        openpi,
        settings,
        processing,
        resize,
        sizes,
        memory);
  }

  public AgentOptions withMemory(@Nullable Function<Policy, Memory> memory) {
    return new AgentOptions(
        precision,
        device,
        cameras,
        orientation,
        steps,
        tokenizer,
        openpi,
        settings,
        processing,
        resize,
        sizes,
        memory);
  }
}
