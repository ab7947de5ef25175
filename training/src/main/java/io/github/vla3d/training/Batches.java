package io.github.vla3d.training;

import io.github.vla3d.agent.Agent;
import io.github.vla3d.agent.SceneObjective;
import io.github.vla3d.agent.ScenePlugin;
import io.github.vla3d.agent.Stage;
import io.github.vla3d.agent.TrainingBatch;
import io.github.vla3d.perception.LabelledObject;
import io.github.vla3d.policy.TokenGrid;
import io.github.vla3d.policy.View;
import io.github.vla3d.torch.Device;
import java.util.List;

/** Batches with the labels that a stage takes. */
public final class Batches {
  private final Agent agent;
  private final TargetMaker targets;

  public Batches(Agent agent, ScenePlugin plugin, TargetMaker targets) {
    this.agent = agent;
    this.targets = targets;
  }

  /** A batch and its labels. */
  public record Made(TrainingBatch batch, SceneObjective.Labels labels) {}

  /**
   * @param batch in the frame of the robot's base
   * @param objects of each sample
   */
  public Made make(TrainingBatch batch, List<List<LabelledObject>> objects, Stage stage) {
    TokenGrid grid = agent.policy().grid();
    List<String> cameras = batch.observation().views().stream().map(View::camera).toList();
    return new Made(
        batch,
        targets.labels(
            batch.observation(),
            cameras,
            objects,
            grid.rows() * grid.patchHeight(),
            grid.columns() * grid.patchWidth(),
            Device.CPU));
  }
}
