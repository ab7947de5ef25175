package io.github.vla3d.cli;

import io.github.vla3d.agent.Agent;
import io.github.vla3d.agent.AgentOptions;
import io.github.vla3d.data.Episode;
import io.github.vla3d.data.RobotBase;
import io.github.vla3d.evaluation.AgentContestant;
import io.github.vla3d.torch.Torch;
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

  /**
   * A policy that plays, asked by as many threads as there are episodes at once. Each of them
   * computes alone: with more threads an operation they would wait for each other's.
   *
   * @param execute actions of a chunk that are carried out; 0 for as many as the policy says
   */
  static AgentContestant contestant(String name, Path folder, AgentOptions options, int execute) {
    Torch.threads(1);
    Agent agent = Agent.load(folder, options);
    try {
      return new AgentContestant(name, folder, agent, execute);
    } catch (RuntimeException e) {
      agent.close();
      throw e;
    }
  }

  /** Where the robot stands: a plug-in works in its frame; a policy alone does not ask. */
  static RobotBase base(Agent agent, Episode episode) {
    return AgentContestant.base(agent, episode.observation(0));
  }
}
