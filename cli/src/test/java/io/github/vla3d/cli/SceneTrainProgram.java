package io.github.vla3d.cli;

import io.github.vla3d.agent.AgentOptions;
import io.github.vla3d.agent.Stage;
import io.github.vla3d.scene.config.Preset;
import io.github.vla3d.torch.Torch;
import io.github.vla3d.training.SceneTrainer;
import io.github.vla3d.training.TrainingListener;
import io.github.vla3d.training.TrainingOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Trains both stages in a process of its own, so that it can be killed; a line for each step. */
final class SceneTrainProgram {
  private SceneTrainProgram() {}

  /**
   * @param args data, base, output, steps of a stage, steps between checkpoints
   */
  public static void main(String[] args) throws IOException {
    Torch.threads(1);
    boolean done =
        new SceneTrainer(
                options(
                    Path.of(args[0]),
                    Path.of(args[1]),
                    Path.of(args[2]),
                    Integer.parseInt(args[3]),
                    Integer.parseInt(args[4]),
                    List.of(Stage.INSTANCES, Stage.COMPLETION)),
                new TrainingListener() {
                  @Override
                  public void step(String stage, long step, Map<String, Double> values) {
                    System.out.println("step " + stage + " " + step);
                    System.out.flush();
                  }

                  @Override
                  public void note(String text) {}

                  @Override
                  public boolean stop() {
                    return false;
                  }
                })
            .run();
    System.out.println(done ? "done" : "stopped");
  }

  static TrainingOptions options(
      Path data, Path base, Path out, int steps, int saveEvery, List<Stage> stages) {
    return new TrainingOptions(
        data,
        List.of(),
        base,
        out,
        Preset.of("test")
            .with(
                Map.of(
                    "training.batch", "2",
                    "training.steps", "" + steps,
                    "training.warmup", "2",
                    "augment.frame", "true",
                    "augment.depthNoise", "0.002",
                    "scene.ssl.teacher", "branch",
                    "scene.tokens.contentNoise", "0.1")),
        stages,
        AgentOptions.DEFAULTS,
        5,
        saveEvery);
  }
}
