package io.github.vla3d.policy.pi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.vla3d.policy.PolicyException;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.io.Safetensors;
import io.github.vla3d.torch.io.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Folders that LeRobot or openpi (its PyTorch part) have written. */
public final class PiCheckpoint {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String CONFIG = "config.json";
  private static final String WEIGHTS = "model.safetensors";
  private static final Pattern WEIGHT_FILES =
      Pattern.compile("model(-\\d+-of-\\d+)?\\.safetensors(\\.index\\.json)?");

  private PiCheckpoint() {}

  /** Whose names a checkpoint has. */
  public enum Layout {
    LEROBOT,
    OPENPI
  }

  /**
   * How to load.
   *
   * @param precision of the network
   * @param device on which it runs
   * @param sizes see {@link PiConfig#withSizes}
   */
  public record Options(PiPrecision precision, Device device, Map<String, Long> sizes) {
    /** fp32 on the CPU, sizes as configured. */
    public static final Options DEFAULT = new Options(PiPrecision.FP32, Device.CPU, Map.of());

    public Options {
      sizes = Map.copyOf(sizes);
    }

    public Options with(PiPrecision precision) {
      return new Options(precision, device, sizes);
    }

    public Options with(Map<String, Long> sizes) {
      return new Options(precision, device, sizes);
    }
  }

  /**
   * Loads a policy. All its parameters are frozen: on the CPU and in the types of the file they are
   * mapped and not read before they are used. Unfreeze those that are to be trained; what is mapped
   * then changes in memory only, but is shared by no other policy.
   *
   * @param folder with config.json and model.safetensors (or its index)
   * @throws PolicyException if the configuration is not of pi0 or pi0.5, or not that of the weights
   * @throws io.github.vla3d.torch.TorchException if tensors are missing, superfluous or of other
   *     shapes
   */
  public static PiPolicy load(Path folder, Options options) {
    JsonNode json = config(folder.resolve(CONFIG));
    try (PiNames weights = new PiNames(Safetensors.open(folder), options.precision())) {
      PiFamily family = weights.family();
      PiConfig config = json.has("type") ? PiConfig.lerobot(json) : PiConfig.openpi(json, family);
      if (config.family() != family) {
        throw new PolicyException(
            "%s: %s says %s, the tensors are of %s"
                .formatted(folder, CONFIG, config.family().type(), family.type()));
      }
      PiNetwork network = new PiNetwork(config.withSizes(options.sizes()));
      try {
        network.freeze(name -> true);
        network.load(weights, null, options.device());
        network.training(false);
        return new PiPolicy(network);
      } catch (RuntimeException e) {
        network.close();
        throw e;
      }
    }
  }

  private static JsonNode config(Path file) {
    try {
      return JSON.readTree(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new PolicyException(file + ": cannot be read as JSON: " + e.getMessage(), e);
    }
  }

  /**
   * Writes a folder that the program of the layout loads: the weights of a policy, and every other
   * file (configuration, processors, tokenizer, statistics) of the folder that it was loaded from.
   *
   * @throws PolicyException if the two folders are the same, or a file cannot be copied
   * @throws io.github.vla3d.torch.TorchException if the weights cannot be written
   */
  public static void save(PiPolicy policy, Path loadedFrom, Path folder, Layout layout) {
    saveFiles(loadedFrom, folder);
    saveWeights(policy, folder, layout);
  }

  /**
   * Copies all files of a policy but its weights.
   *
   * @throws PolicyException if the two folders are the same, or a file cannot be copied
   */
  public static void saveFiles(Path loadedFrom, Path folder) {
    if (folder.toAbsolutePath().normalize().startsWith(loadedFrom.toAbsolutePath().normalize())) {
      throw new PolicyException(
          folder + ": wanted a folder outside the one that the policy was loaded from");
    }
    try (Stream<Path> files = Files.walk(loadedFrom)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (!WEIGHT_FILES.matcher(String.valueOf(file.getFileName())).matches()) {
          Path copy = folder.resolve(loadedFrom.relativize(file).toString());
          Files.createDirectories(Objects.requireNonNull(copy.getParent()));
          Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
        }
      }
    } catch (IOException e) {
      throw new PolicyException(folder + ": cannot be written: " + e.getMessage(), e);
    }
  }

  /**
   * Writes model.safetensors with all tensors that the other program asks for. Among them is the
   * expert's head, which nobody uses: zeros.
   *
   * @throws io.github.vla3d.torch.TorchException if the file cannot be written
   */
  public static void saveWeights(PiPolicy policy, Path folder, Layout layout) {
    saveWeights(policy, policy.network().save(), folder, layout);
  }

  /**
   * The same with other values.
   *
   * @param weights all of the network's tensors by name
   */
  public static void saveWeights(
      PiPolicy policy, Map<String, Tensor> weights, Path folder, Layout layout) {
    Scope.run(
        () -> {
          Map<String, Tensor> all = new LinkedHashMap<>(weights);
          Tensor table = weights.get(PiNames.EMBEDDING);
          if (table == null) {
            throw new IllegalStateException("no embedding table");
          }
          all.put(PiNames.TIED_HEAD, table);
          all.put(
              PiNames.DEAD_HEAD,
              Tensors.zeros(
                  table.dtype(), Device.CPU, table.size(0), policy.config().expert().width()));
          if (layout == Layout.OPENPI) {
            all.remove(PiNames.EMBEDDING);
            SafetensorsWriter.write(
                folder.resolve(WEIGHTS), all, Map.of(PiNames.EMBEDDING, PiNames.TIED_HEAD));
          } else {
            Map<String, Tensor> named = new LinkedHashMap<>();
            all.forEach((name, tensor) -> named.put("model." + name, tensor));
            SafetensorsWriter.write(folder.resolve(WEIGHTS), named);
          }
        });
  }
}
