package io.github.vla3d.torch.checkpoint;

import java.nio.file.Path;
import java.util.Map;

/**
 * A checkpoint on the disk.
 *
 * @param folder as in {@code checkpoints/000020}
 * @param step training steps done
 * @param metrics named results of that step
 */
public record Checkpoint(Path folder, long step, Map<String, Double> metrics) {
  static final String PRETRAINED_MODEL = "pretrained_model";
  static final String TRAINING_STATE = "training_state";

  public Checkpoint {
    metrics = Map.copyOf(metrics);
  }

  /** What a policy is loaded from. */
  public Path pretrainedModel() {
    return folder.resolve(PRETRAINED_MODEL);
  }

  /** What training goes on from. */
  public Path trainingState() {
    return folder.resolve(TRAINING_STATE);
  }
}
