package io.github.vla3d.scene.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.scene.config.Preset;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A minute of {@link LearningRun}, and whether its scenes are what they claim to be. */
class LearningTest {
  @Test
  void aMinuteOfTrainingFindsObjectsInUnseenScenes() {
    Preset preset = Preset.of("tiny").with(LearningRun.TABLE);
    try (LearningRun run =
        new LearningRun(new LearningRun.Choice(7, 60, 20, 4, 1e-3, 0.95, preset))) {
      Map<String, Double> before = Scores.of(run.learner, 6, 4, false);
      double untrainedLoss = Double.NaN;
      while (run.step() < 60) {
        run.advance();
        untrainedLoss = run.step() == 1 ? run.loss() : untrainedLoss;
      }
      Map<String, Double> after = Scores.of(run.learner, 6, 4, false);
      assertThat(before.get("iou_over_half")).isLessThan(0.05);
      assertThat(run.loss()).isLessThan(0.75 * untrainedLoss);
      assertThat(after.get("iou_over_half")).isGreaterThan(0.2);
      assertThat(after.get("centroid_median_cm")).isLessThan(8);

      double guessed = completionCosine(run);
      while (run.step() < run.total()) {
        run.advance();
      }
      assertThat(completionCosine(run)).isGreaterThan(guessed + 0.05);
    }
  }

  private static double completionCosine(LearningRun run) {
    return Scores.of(run.learner, 3, 4, true).getOrDefault("completion_cosine", Double.NaN);
  }

  /** Depth and pose of a pixel lead back to the surface of the thing that its mask names. */
  @Test
  void depthMasksAndCamerasAgree() {
    int checked = 0;
    for (int seed = 0; seed < 20; seed++) {
      TableScene scene = TableScene.of(seed, 2, TableScene.Poses.TRAINING);
      TableScene.Picture picture = scene.render(1);
      double[] m = scene.cameraFromWorld(1);
      for (int i = 0; i < picture.thing().length; i++) {
        if (picture.thing()[i] < 0) {
          continue;
        }
        double z = picture.depth()[i];
        double[] inCamera = {
          z * (i % TableScene.SIZE + 0.5 - TableScene.SIZE / 2.0) / TableScene.FOCAL,
          z * (i / TableScene.SIZE + 0.5 - TableScene.SIZE / 2.0) / TableScene.FOCAL,
          z
        };
        double[] world = new double[3];
        for (int c = 0; c < 3; c++) {
          for (int r = 0; r < 3; r++) {
            world[c] += m[4 * r + c] * (inCamera[r] - m[4 * r + 3]);
          }
        }
        Thing thing = scene.things().get(picture.thing()[i]);
        double x =
            Math.cos(thing.yaw()) * (world[0] - thing.x())
                + Math.sin(thing.yaw()) * (world[1] - thing.y());
        double y =
            Math.cos(thing.yaw()) * (world[1] - thing.y())
                - Math.sin(thing.yaw()) * (world[0] - thing.x());
        double side =
            thing.round()
                ? Math.hypot(x, y) / thing.halfX()
                : Math.max(Math.abs(x) / thing.halfX(), Math.abs(y) / thing.halfY());
        double height = Math.abs(world[2] - thing.halfZ()) / thing.halfZ();
        assertThat(Math.max(side, height)).isCloseTo(1, within(1e-3));
        checked++;
      }
    }
    assertThat(checked).isGreaterThan(1000);
  }
}
