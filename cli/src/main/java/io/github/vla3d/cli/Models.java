package io.github.vla3d.cli;

import io.github.vla3d.agent.Agent;
import io.github.vla3d.data.Episode;
import io.github.vla3d.data.RobotBase;
import io.github.vla3d.evaluation.AgentContestant;
import io.github.vla3d.torch.checkpoint.Checkpoint;
import io.github.vla3d.torch.checkpoint.CheckpointFolder;
import java.nio.file.Files;
import java.nio.file.Path;

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
    return AgentContestant.base(agent, episode.observation(0));
  }
}
