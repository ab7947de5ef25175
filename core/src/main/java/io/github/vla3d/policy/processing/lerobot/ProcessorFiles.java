package io.github.vla3d.policy.processing.lerobot;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.policy.processing.NormalizationMode;
import io.github.vla3d.policy.processing.ProcessingException;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.io.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes the processors of a new policy as LeRobot does: {@code policy_preprocessor.json}, {@code
 * policy_postprocessor.json} and the statistics beside them. Both programs read them.
 *
 * @param statePrompt pi0.5, whose prompt holds the state; else pi0, whose prompt ends in a line
 *     break
 * @param pictures names of the cameras' features
 * @param image side of the network's pictures
 * @param mode of state and actions; pictures are left alone
 * @param statistics of {@link Transition#STATE} and {@code action}, by their names, one number for
 *     each dimension
 * @param promptLength tokens to which prompts are filled up or cut
 * @param tokenizer folder of the tokenizer, relative to that of the policy
 */
public record ProcessorFiles(
    boolean statePrompt,
    List<String> pictures,
    int image,
    NormalizationMode mode,
    Map<String, Map<String, double[]>> statistics,
    int promptLength,
    String tokenizer) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final String ACTION = "action";
  private static final double EPS = 1e-8;

  public ProcessorFiles {
    pictures = List.copyOf(pictures);
    statistics = Map.copyOf(statistics);
    if (!statistics.containsKey(Transition.STATE) || !statistics.containsKey(ACTION)) {
      throw new ProcessingException(
          "statistics: wanted %s and %s, got %s"
              .formatted(Transition.STATE, ACTION, statistics.keySet()));
    }
  }

  /** The modes as {@code normalization_mapping} has them. */
  public Map<String, String> modes() {
    Map<String, String> modes = new LinkedHashMap<>();
    modes.put("VISUAL", NormalizationMode.IDENTITY.name());
    modes.put("STATE", mode.name());
    modes.put("ACTION", mode.name());
    return modes;
  }

  /**
   * Writes the files into an existing folder.
   *
   * @throws ProcessingException if one cannot be written
   */
  public void write(Path folder) {
    ArrayNode before = NODES.arrayNode();
    step(before, "rename_observations_processor").putObject("rename_map");
    step(before, "to_batch_processor");
    if (statePrompt) {
      relative(before);
      normalizer(before, "policy_preprocessor", "normalizer_processor", folder);
      step(before, "pi05_prepare_state_tokenizer_processor_step");
      tokenizer(before);
      device(before);
    } else {
      step(before, "pi0_new_line_processor");
      tokenizer(before);
      device(before);
      relative(before);
      normalizer(before, "policy_preprocessor", "normalizer_processor", folder);
    }
    write(folder, "policy_preprocessor", before);
    ArrayNode after = NODES.arrayNode();
    normalizer(after, "policy_postprocessor", "unnormalizer_processor", folder);
    step(after, "absolute_actions_processor").put("enabled", false);
    device(after);
    write(folder, "policy_postprocessor", after);
  }

  private static ObjectNode step(ArrayNode steps, String name) {
    return steps.addObject().put("registry_name", name).putObject("config");
  }

  private static void relative(ArrayNode steps) {
    ObjectNode config = step(steps, "relative_actions_processor").put("enabled", false);
    config.putArray("exclude_joints").add("gripper");
    config.putNull("action_names");
  }

  private static void device(ArrayNode steps) {
    step(steps, "device_processor").put("device", "cpu").putNull("float_dtype");
  }

  private void tokenizer(ArrayNode steps) {
    ObjectNode entry = steps.addObject().put("registry_name", "tokenizer_processor");
    ObjectNode config = entry.putObject("config").put("max_length", promptLength);
    config.put("task_key", "task").put("padding_side", "right").put("padding", "max_length");
    config.put("truncation", true).put("tokenizer_name", tokenizer);
    entry.putObject("artifacts").put("tokenizer_name", tokenizer);
  }

  private void normalizer(ArrayNode steps, String pipeline, String name, Path folder) {
    ObjectNode entry = steps.addObject().put("registry_name", name);
    ObjectNode config = entry.putObject("config").put("eps", EPS);
    ObjectNode features = config.putObject("features");
    if (name.equals("normalizer_processor")) {
      pictures.forEach(picture -> feature(features, picture, "VISUAL", 3, image, image));
      feature(features, Transition.STATE, "STATE", size(Transition.STATE));
    }
    feature(features, ACTION, "ACTION", size(ACTION));
    ObjectNode map = config.putObject("norm_map");
    modes().forEach(map::put);
    String file = "%s_step_%d_%s.safetensors".formatted(pipeline, steps.size() - 1, name);
    entry.put("state_file", file);
    Scope.run(
        () -> {
          Map<String, Tensor> tensors = new LinkedHashMap<>();
          statistics.forEach(
              (feature, values) ->
                  values.forEach(
                      (statistic, numbers) ->
                          tensors.put(feature + "." + statistic, floats(numbers))));
          SafetensorsWriter.write(folder.resolve(file), tensors);
        });
  }

  private static Tensor floats(double[] numbers) {
    float[] values = new float[numbers.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) numbers[i];
    }
    return Tensors.of(values, values.length);
  }

  private int size(String feature) {
    return statistics.getOrDefault(feature, Map.of()).values().stream()
        .mapToInt(numbers -> numbers.length)
        .max()
        .orElse(0);
  }

  private static void feature(ObjectNode features, String name, String type, int... shape) {
    ArrayNode list = features.putObject(name).put("type", type).putArray("shape");
    for (int size : shape) {
      list.add(size);
    }
  }

  private static void write(Path folder, String name, ArrayNode steps) {
    ObjectNode root = NODES.objectNode().put("name", name);
    root.set("steps", steps);
    Path file = folder.resolve(name + ".json");
    try {
      Files.write(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(root));
    } catch (IOException e) {
      throw new ProcessingException(file + ": cannot be written: " + e.getMessage(), e);
    }
  }
}
