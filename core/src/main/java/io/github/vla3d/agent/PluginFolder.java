package io.github.vla3d.agent;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.github.vla3d.policy.Part;
import io.github.vla3d.policy.Policy;
import io.github.vla3d.policy.PolicyException;
import io.github.vla3d.scene.Ports;
import io.github.vla3d.scene.SceneModule;
import io.github.vla3d.scene.config.Preset;
import io.github.vla3d.scene.layers.Body;
import io.github.vla3d.torch.Autograd;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.TensorSpec;
import io.github.vla3d.torch.Weights;
import io.github.vla3d.torch.io.Safetensors;
import io.github.vla3d.torch.io.SafetensorsWriter;
import io.github.vla3d.torch.io.StrictMatch;
import io.github.vla3d.torch.nn.Parameter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A trained plug-in as a small folder: the scene module ({@code model.safetensors}), the action
 * expert that was trained with it ({@code expert.safetensors}), all choices ({@code preset.yaml}),
 * and a reference to the policy that it belongs to ({@code plugin.json}), which is not copied and
 * never written. It loads onto that policy only.
 *
 * <p>Without a scene module it is a policy of which only the action expert is another one: the
 * expert and the reference, see {@link #saveExpert}.
 */
public final class PluginFolder {
  /** The scene module. */
  public static final String MODEL = "model.safetensors";

  static final String DESCRIPTION = "plugin.json";
  private static final String EXPERT = "expert.safetensors";
  private static final String PRESET = "preset.yaml";
  private static final int FORMAT = 2;

  /** Bytes of each end of a tensor that count for a fingerprint. */
  private static final long SAMPLED = 4096;

  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES);

  private PluginFolder() {}

  /**
   * What stands in plugin.json.
   *
   * @param format 2
   * @param base folder of the policy, relative to this one where both are on one drive
   * @param fingerprint of the policy's weights
   * @param cameras names by which views have their numbers; none without a scene module
   * @param ports widths of the policy
   * @param stages how many stages the scene module was trained in, 1 or 2; 2 without one
   */
  record Description(
      int format, String base, String fingerprint, List<String> cameras, Ports ports, int stages) {}

  /** Whether a folder holds a plug-in, or an action expert, on a policy that stands elsewhere. */
  public static boolean is(Path folder) {
    return Files.isRegularFile(folder.resolve(DESCRIPTION));
  }

  /**
   * Writes everything, in the types that it has in memory.
   *
   * @param agent with a plug-in
   * @param folder is made if missing
   * @param location where the folder will stand in the end, for the reference to the policy
   * @throws IOException if a file cannot be written
   */
  public static void save(Agent agent, Path folder, Path location) throws IOException {
    saveWithoutModel(agent, folder, location);
    SafetensorsWriter.write(folder.resolve(MODEL), plugin(agent).scene().save());
  }

  /**
   * Writes a policy whose action expert alone differs from another's: the expert, and a reference
   * to the other.
   *
   * @param agent without a plug-in
   * @param options with which it was loaded
   * @param base folder of the other policy, with all its weights
   * @param folder is made if missing; where it stands relative to the base it must stay
   * @throws PolicyException if the agent has a plug-in, the other policy is but a reference itself,
   *     or anything besides the expert differs; then nothing is written
   * @throws IOException if a file cannot be written
   */
  public static void saveExpert(Agent agent, AgentOptions options, Path base, Path folder)
      throws IOException {
    if (agent.memory().isPresent()) {
      throw new PolicyException("expert: wanted a policy without a plug-in, got one with it");
    }
    if (is(base)) {
      throw new PolicyException(
          base + ": wanted a policy with all its weights, got a folder that refers to another");
    }
    Map<String, Parameter> expert = agent.policy().parameters(Part.ACTION_EXPERT);
    try (Agent other = Agent.load(base, options)) {
      Map<String, Parameter> theirs = other.policy().network().parameters();
      agent
          .policy()
          .network()
          .parameters()
          .forEach((name, parameter) -> same(name, parameter, theirs.get(name), expert, base));
    }
    Files.createDirectories(folder);
    writeExpert(agent, folder);
    int width = agent.policy().tokenWidth();
    describe(base, folder, folder, List.of(), new Ports(width, width, 1), Stage.COMPLETION);
  }

  private static void same(
      String name,
      Parameter mine,
      @Nullable Parameter theirs,
      Map<String, Parameter> expert,
      Path base) {
    boolean same =
        expert.containsKey(name)
            || (theirs != null
                && Arrays.equals(mine.value().shape(), theirs.value().shape())
                && Scope.call(scope -> mine.value().eq(theirs.value()).all().itemBoolean()));
    if (!same) {
      throw new PolicyException(
          "expert: wanted a policy that differs from %s in its action expert alone, got another %s"
              .formatted(base, name));
    }
  }

  /** {@link #save} without the scene module, for whoever writes that file itself. */
  public static void saveWithoutModel(Agent agent, Path folder, Path location) throws IOException {
    ScenePlugin plugin = plugin(agent);
    Files.createDirectories(folder);
    writeExpert(agent, folder);
    Files.writeString(folder.resolve(PRESET), plugin.preset().toYaml());
    describe(
        agent.folder(),
        folder,
        location,
        plugin.cameras(),
        plugin.scene().ports(),
        plugin.through());
  }

  private static void writeExpert(Agent agent, Path folder) {
    Map<String, Tensor> expert = new LinkedHashMap<>();
    agent
        .policy()
        .parameters(Part.ACTION_EXPERT)
        .forEach((name, parameter) -> expert.put(name, parameter.value()));
    SafetensorsWriter.write(folder.resolve(EXPERT), expert);
  }

  /** Last: without it the folder is no plug-in. */
  private static void describe(
      Path base, Path folder, Path location, List<String> cameras, Ports ports, Stage through)
      throws IOException {
    Description description =
        new Description(
            FORMAT,
            reference(base, location),
            fingerprint(base),
            cameras,
            ports,
            through.ordinal() + 1);
    Files.write(folder.resolve(DESCRIPTION), JSON.writeValueAsBytes(description));
  }

  private static ScenePlugin plugin(Agent agent) {
    if (agent.memory().orElse(null) instanceof ScenePlugin plugin) {
      return plugin;
    }
    throw new PolicyException("plug-in folder: the policy has no scene plug-in");
  }

  private static String reference(Path base, Path location) {
    Path to = base.toAbsolutePath().normalize();
    try {
      return location.toAbsolutePath().normalize().relativize(to).toString().replace('\\', '/');
    } catch (IllegalArgumentException e) {
      return to.toString();
    }
  }

  /**
   * Loads the policy with its plug-in, to act. Where the policy computes in bf16, so do the bodies
   * of the plug-in, see {@link #body}.
   *
   * @param options as for the policy, with its memory left open
   * @throws PolicyException if the folder is no plug-in, the policy is not there, or it is another
   *     one than the plug-in was trained on
   * @throws io.github.vla3d.torch.TorchException if tensors are missing, superfluous or of other
   *     shapes
   */
  public static Agent load(Path folder, AgentOptions options) {
    return load(folder, options, body(options.precision()));
  }

  /** The same to go on training: the plug-in is in fp32, whatever the policy computes in. */
  public static Agent resume(Path folder, AgentOptions options) {
    return load(folder, options, Body.FULL);
  }

  /**
   * In what a plug-in that acts computes linear maps, convolutions and attention. Coordinates,
   * projections, rotary angles, gates, norms and what is picked by stay in fp32 in either case.
   */
  static Body body(AgentOptions.Precision precision) {
    return precision == AgentOptions.Precision.FP32 ? Body.FULL : Body.BF16;
  }

  private static Agent load(Path folder, AgentOptions options, Body body) {
    Description description = description(folder);
    Path base = folder.resolve(description.base).normalize();
    if (!Files.isDirectory(base)) {
      throw new PolicyException(
          "%s: wanted its policy at %s, got no such folder".formatted(folder, base));
    }
    String found = fingerprint(base);
    if (!found.equals(description.fingerprint)) {
      throw new PolicyException(
          "%s: wanted the policy that it was trained on (%s), got another at %s (%s)"
              .formatted(folder, brief(description.fingerprint), base, brief(found)));
    }
    AgentOptions all = options;
    if (!description.cameras.isEmpty()) {
      String yaml = read(folder.resolve(PRESET));
      Preset preset = Preset.parse(folder.resolve(PRESET).toString(), yaml);
      all = options.withMemory(policy -> scene(folder, description, preset, policy, body));
    }
    Agent agent = Agent.load(base, all);
    try {
      expert(folder, agent);
      return agent;
    } catch (RuntimeException e) {
      agent.close();
      throw e;
    }
  }

  private static ScenePlugin scene(
      Path folder, Description description, Preset preset, Policy policy, Body body) {
    SceneModule module =
        new SceneModule(
            preset.scene(),
            description.ports,
            body,
            PresetSections.injection(preset).gatedLayers(policy));
    try (Weights weights = Safetensors.open(folder.resolve(MODEL))) {
      module.freeze(name -> true);
      module.load(weights, DType.F32, Device.CPU);
      module.storeBodies();
      ScenePlugin plugin =
          new ScenePlugin(
              module,
              preset,
              description.cameras,
              Completers.of(preset.scene().completion(), Device.CPU));
      plugin.through(Stage.of(description.stages));
      return plugin;
    } catch (RuntimeException e) {
      module.close();
      throw e;
    }
  }

  /** Puts the trained expert in the place of the policy's own; its file stays as it is. */
  private static void expert(Path folder, Agent agent) {
    Map<String, Parameter> parameters = agent.policy().parameters(Part.ACTION_EXPERT);
    Map<String, TensorSpec> wanted = new LinkedHashMap<>();
    parameters.forEach((name, parameter) -> wanted.put(name, parameter.spec()));
    try (Weights weights = Safetensors.open(folder.resolve(EXPERT))) {
      StrictMatch.check(wanted, weights, StrictMatch.Types.ANY_FLOATING);
      Scope.run(
          () ->
              Autograd.noGrad(
                  () -> {
                    parameters.forEach(
                        (name, parameter) -> parameter.value().copy_(weights.get(name)));
                    return true;
                  }));
    }
  }

  private static Description description(Path folder) {
    Path file = folder.resolve(DESCRIPTION);
    try {
      JsonNode json = JSON.readTree(Files.readAllBytes(file));
      // First: what else stands there depends on it.
      JsonNode format = json.path("format");
      if (format.isInt() && format.intValue() != FORMAT) {
        throw new PolicyException(
            "%s: wanted format %d, got %d".formatted(file, FORMAT, format.intValue()));
      }
      Description description = JSON.treeToValue(json, Description.class);
      if (description.stages < 1 || description.stages > Stage.values().length) {
        throw new PolicyException(
            "%s: stages: wanted 1 or 2, got %d".formatted(file, description.stages));
      }
      return description;
    } catch (IOException e) {
      throw new PolicyException(file + ": no description of a plug-in: " + e.getMessage(), e);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new PolicyException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static String brief(String fingerprint) {
    return fingerprint.substring(0, Math.min(12, fingerprint.length()));
  }

  /**
   * SHA-256 over names, types and shapes of a policy's tensors and both ends of the bytes of each:
   * training changes all of a tensor, so the ends tell, and gigabytes need not be read.
   */
  public static String fingerprint(Path base) {
    try (Weights weights = Safetensors.open(base)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      weights.specs().entrySet().stream()
          .sorted(Map.Entry.comparingByKey())
          .forEach(
              entry -> {
                digest.update(
                    (entry.getKey() + " " + entry.getValue()).getBytes(StandardCharsets.UTF_8));
                Scope.run(() -> ends(weights.get(entry.getKey()), digest));
              });
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void ends(Tensor tensor, MessageDigest digest) {
    Tensor flat = tensor.reshape(tensor.numel());
    long n = Math.min(flat.numel(), SAMPLED);
    digest.update(flat.narrow(0, 0, n).toBytes());
    digest.update(flat.narrow(0, flat.numel() - n, n).toBytes());
  }
}
