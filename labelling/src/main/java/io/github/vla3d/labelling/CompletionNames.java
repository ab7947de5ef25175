package io.github.vla3d.labelling;

import io.github.vla3d.agent.PointAttnCompleter;
import io.github.vla3d.perception.pointattn.PointAttn;
import io.github.vla3d.scene.completion.CachedCompleter;
import io.github.vla3d.scene.completion.CloudCompleter;
import io.github.vla3d.scene.completion.MirrorCompleter;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.Torch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What makes clouds whole, by the names that the command line gives it. */
public final class CompletionNames {
  public static final String POINTATTN = "pointattn";

  public static final List<String> NAMES = List.of("mirror", POINTATTN);

  private CompletionNames() {}

  /**
   * Refuses what {@link #of} would refuse, without reading weights.
   *
   * @param name one of {@link #NAMES}
   * @throws IllegalArgumentException if there is none of this name, or its weights are not there
   */
  public static void check(String name, SceneConfig.Completion config) {
    if (!NAMES.contains(name)) {
      throw new IllegalArgumentException(
          "--completion: wanted one of %s, got %s".formatted(NAMES, name));
    }
    if (name.equals(POINTATTN)
        && (config.weights().isEmpty() || !Files.isRegularFile(Path.of(config.weights())))) {
      throw new IllegalArgumentException(
          "completion pointattn: wanted its weights, --scene.completion.weights=FILE, got '%s'"
              .formatted(config.weights()));
    }
  }

  /**
   * The caller closes it. What computes with the engine sets it to one thread an operation.
   *
   * @param name one of {@link #NAMES}
   * @param cache folder for clouds that took time
   * @throws IllegalArgumentException if there is none of this name, or its weights are not there
   * @throws io.github.vla3d.torch.TorchException if its weights are those of another model
   */
  static CloudCompleter of(String name, SceneConfig.Completion config, Path cache) {
    check(name, config);
    if (!name.equals(POINTATTN)) {
      return new MirrorCompleter();
    }
    // Episodes share the cores, each with a network of its own; clouds must not depend on how many.
    Torch.threads(1);
    PointAttn network = PointAttn.open(Path.of(config.weights()), Device.CPU);
    return new CachedCompleter(new PointAttnCompleter(network), identity(network.hash()), cache);
  }

  /** What labels name as the origin of their clouds. */
  static String identity(String name, SceneConfig.Completion config) {
    if (!name.equals(POINTATTN)) {
      return name;
    }
    try (PointAttn network = PointAttn.open(Path.of(config.weights()), Device.CPU)) {
      return identity(network.hash());
    }
  }

  private static String identity(String hash) {
    return POINTATTN + " " + hash;
  }
}
