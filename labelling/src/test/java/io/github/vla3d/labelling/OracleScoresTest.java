package io.github.vla3d.labelling;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The oracle is never wrong, and the numbers of true instances are those of labels.md. */
class OracleScoresTest {
  static Scores oracle(Path data, List<Integer> episodes) {
    LabelJob job = LabellingTest.job(data, Path.of("not looked at"));
    return Trial.run(job, Disturbance.parse("none"), episodes, 2, LabellingTest.QUIET);
  }

  private static void isPerfect(Scores scores, int instances, int contacts) {
    Figures all = scores.all();
    assertThat(all.instances()).isEqualTo(instances);
    assertThat(all.contacts()).isEqualTo(contacts);
    assertThat(all.recall75()).isEqualTo(1);
    assertThat(all.boxRecall75()).isEqualTo(1);
    assertThat(all.precision50()).isEqualTo(1);
    assertThat(all.viewSwitchRate()).isZero();
    assertThat(all.idf1()).isEqualTo(1);
  }

  private static List<Integer> all(int episodes) {
    return IntStream.range(0, episodes).boxed().toList();
  }

  @Test
  void lerobot() {
    Scores upright = oracle(Shared.libero("lerobot_v3"), all(4));
    isPerfect(upright, 683, 62);
    assertThat(upright.all().switchRate()).isZero();
    // Both views together see what stands in front: far from the centre of what is thick.
    assertThat(upright.all().centroidMedian()).isBetween(0.015, 0.025);
    Scores mirrored = oracle(Shared.libero("lerobot_v21"), all(4));
    isPerfect(mirrored, 683, 62);
    assertThat(Math.abs(mirrored.all().centroidMedian() - upright.all().centroidMedian()))
        .isLessThan(1e-4);
    assertThat(Math.abs(mirrored.all().centroidWithin20mm() - upright.all().centroidWithin20mm()))
        .isLessThan(0.01);
  }

  @Test
  void hdf5() {
    isPerfect(oracle(Shared.libero("libero_hdf5"), List.of(0, 3, 5, 6, 7, 8, 10, 11)), 1621, 480);
  }

  @Test
  void pairsOfFrozenScenes() {
    Scores scores = oracle(Shared.libero("camera_shift"), all(32));
    isPerfect(scores, 260, 0);
    assertThat(scores.all().switchRate()).isNaN();
  }
}
