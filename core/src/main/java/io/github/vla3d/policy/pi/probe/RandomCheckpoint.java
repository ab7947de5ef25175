package io.github.vla3d.policy.pi.probe;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.vla3d.policy.PolicyException;
import io.github.vla3d.policy.pi.PiCheckpoint;
import io.github.vla3d.policy.pi.PiConfig;
import io.github.vla3d.policy.pi.PiFamily;
import io.github.vla3d.policy.pi.PiNetwork;
import io.github.vla3d.policy.pi.PiPrecision;
import io.github.vla3d.torch.DType;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Generator;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.TensorSpec;
import io.github.vla3d.torch.Tensors;
import io.github.vla3d.torch.io.SafetensorsWriter;
import io.github.vla3d.torch.nn.Parameter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongConsumer;

/**
 * A checkpoint of true shape with random weights, in LeRobot's layout. A tensor is drawn when it is
 * its turn to be written, in pieces, so that the memory needed is that of the largest one.
 */
public final class RandomCheckpoint {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String LEROBOT = "model.";
  private static final long PIECE = 1 << 24;
  private static final double SPREAD = 0.02;

  /** Sizes of {@link Size#TINY}: those of {@link PiConfig#withSizes}. */
  private static final Map<String, Long> TINY =
      Map.ofEntries(
          Map.entry("vocab", 512L),
          Map.entry("width", 64L),
          Map.entry("depth", 2L),
          Map.entry("mlp", 256L),
          Map.entry("heads", 8L),
          Map.entry("head_dim", 16L),
          Map.entry("ex_width", 32L),
          Map.entry("ex_mlp", 64L),
          Map.entry("vis_width", 48L),
          Map.entry("vis_depth", 2L),
          Map.entry("vis_heads", 4L),
          Map.entry("vis_mlp", 96L));

  /** How large a model is. */
  public enum Size {
    /** As published. */
    FULL(Map.of()),
    /** A few hundred thousand parameters, for tests. */
    TINY(RandomCheckpoint.TINY);

    private final Map<String, Long> sizes;

    Size(Map<String, Long> sizes) {
      this.sizes = sizes;
    }

    /** For {@link PiConfig#withSizes}. */
    public Map<String, Long> sizes() {
      return sizes;
    }
  }

  private RandomCheckpoint() {}

  /**
   * Writes config.json and model.safetensors.
   *
   * @param precision in whose types the tensors are stored
   * @param seed same seed, same values
   * @param progress is told the numbers written since the last call
   */
  public static void write(
      Path folder,
      PiFamily family,
      Size size,
      PiPrecision precision,
      long seed,
      LongConsumer progress) {
    try {
      Files.createDirectories(folder);
      Files.writeString(folder.resolve("config.json"), json(family).toPrettyString() + "\n");
      try (PiNetwork network = new PiNetwork(config(family, size));
          Generator generator = new Generator(seed)) {
        Map<String, TensorSpec> specs = new LinkedHashMap<>();
        Map<String, Parameter> parameters = network.parameters();
        parameters.forEach(
            (name, parameter) ->
                specs.put(LEROBOT + name, TensorSpec.of(precision.of(name), parameter.shape())));
        SafetensorsWriter.write(
            folder.resolve("model.safetensors"),
            specs,
            name -> draw(name, Objects.requireNonNull(specs.get(name)), generator, progress),
            Map.of());
      }
    } catch (IOException e) {
      throw new PolicyException(folder + ": cannot be written: " + e.getMessage(), e);
    }
  }

  /** Parameters of a model of this size. */
  public static long parameters(PiFamily family, Size size) {
    try (PiNetwork network = new PiNetwork(config(family, size))) {
      return network.parameters().values().stream().mapToLong(p -> p.spec().numel()).sum();
    }
  }

  /** Channels of the tokens of such a model. */
  public static int tokenWidth(PiFamily family, Size size) {
    return config(family, size).language().width();
  }

  static PiConfig config(PiFamily family, Size size) {
    return PiConfig.lerobot(json(family)).withSizes(size.sizes());
  }

  /** How {@link PiCheckpoint} is to load what was written. */
  public static PiCheckpoint.Options options(Size size, PiPrecision precision) {
    return PiCheckpoint.Options.DEFAULT.with(precision).with(size.sizes());
  }

  /** As for LIBERO: two cameras and an empty one, 10 actions. */
  private static ObjectNode json(PiFamily family) {
    ObjectNode json = JSON.createObjectNode();
    json.put("type", family.type());
    ObjectNode inputs = json.putObject("input_features");
    for (String camera : PiConfig.OPENPI_CAMERAS) {
      feature(inputs, "observation.images." + camera, "VISUAL", 3, 224, 224);
    }
    feature(inputs, "observation.state", "STATE", 8);
    feature(json.putObject("output_features"), "action", "ACTION", 7);
    json.put("chunk_size", 10).put("n_action_steps", 10).put("dtype", "bfloat16");
    return json;
  }

  private static void feature(ObjectNode into, String name, String type, int... shape) {
    ObjectNode feature = into.putObject(name).put("type", type);
    var sizes = feature.putArray("shape");
    for (int size : shape) {
      sizes.add(size);
    }
  }

  /**
   * Matrices keep the scale of their input; vectors lie about what they would be before training.
   */
  private static Tensor draw(
      String name, TensorSpec spec, Generator generator, LongConsumer progress) {
    long n = spec.numel();
    long rows = spec.shape().get(0);
    boolean matrix = spec.shape().size() > 1 && !name.contains("position_embedding");
    double spread =
        matrix && !name.contains("embed_tokens") ? 1 / Math.sqrt((double) n / rows) : SPREAD;
    boolean scale = name.contains("vision_tower") && name.matches(".*norm\\d?\\.weight");
    double mean = scale ? 1 : 0;
    Tensor values = Tensors.empty(spec.dtype(), Device.CPU, n);
    for (long at = 0; at < n; at += PIECE) {
      long length = Math.min(PIECE, n - at);
      long start = at;
      Scope.run(
          () ->
              values
                  .narrow(0, start, length)
                  .copy_(generator.randn(DType.F32, length).mul_(spread).add(mean)));
      progress.accept(length);
    }
    return values.view(spec.shape().stream().mapToLong(Long::longValue).toArray());
  }
}
