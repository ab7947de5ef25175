package io.github.vla3d.cli;

import io.github.vla3d.agent.Agent;
import io.github.vla3d.agent.ScenePlugin;
import io.github.vla3d.data.Episode;
import io.github.vla3d.data.RobotBase;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.scene.config.SceneConfig;
import io.github.vla3d.torch.checkpoint.Checkpoint;
import io.github.vla3d.torch.checkpoint.CheckpointFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What people name when they name a model. */
final class Models {
  private Models() {}

  /** The folder itself, or the newest checkpoint of the training that wrote it. */
  static Path resolve(Path folder) {
    Path checkpoints = folder.resolve("checkpoints");
    return Files.isDirectory(checkpoints)
        ? CheckpointFolder.newestWhole(checkpoints)
            .newest()
            .map(Checkpoint::pretrainedModel)
            .orElse(folder)
        : folder;
  }

  /** Where the robot stands: a plug-in works in its frame; a policy alone does not ask. */
  static RobotBase base(Agent agent, Episode episode) {
    if (agent.memory().orElse(null) instanceof ScenePlugin plugin) {
      SceneConfig.Workspace workspace = plugin.scene().config().workspace();
      return RobotBase.detect(
          episode.observation(0), vector(workspace.min()), vector(workspace.max()));
    }
    return RobotBase.WORLD;
  }

  private static Vector3 vector(List<Double> v) {
    return new Vector3(v.get(0), v.get(1), v.get(2));
  }
}
