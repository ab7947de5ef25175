package io.github.vla3d.agent;

import io.github.vla3d.perception.pointattn.PointAttn;
import io.github.vla3d.scene.completion.CloudCompleter;
import io.github.vla3d.scene.completion.MirrorCompleter;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.torch.Device;
import java.nio.file.Path;

/** What makes clouds whole, as a configuration asks for it. */
public final class Completers {
  private Completers() {}

  /**
   * PointAttN with its weights where the configuration asks for it and names a file, else the
   * mirror, which is also what stands in for PointAttN without weights. The caller closes it.
   *
   * @throws io.github.vla3d.torch.TorchException if the file does not exist, or is of another model
   */
  public static CloudCompleter of(SceneConfig.Completion config, Device device) {
    return standsIn(config) || config.source() != SceneConfig.Source.POINTATTN
        ? new MirrorCompleter()
        : new PointAttnCompleter(PointAttn.open(Path.of(config.weights()), device));
  }

  /** Whether the mirror stands in for PointAttN, whose weights are not there. */
  public static boolean standsIn(SceneConfig.Completion config) {
    return config.source() == SceneConfig.Source.POINTATTN && config.weights().isEmpty();
  }
}
