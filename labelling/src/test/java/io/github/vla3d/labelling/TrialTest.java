package io.github.vla3d.labelling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.Joints;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.ReadOptions;
import io.github.vla3d.geometry.RigidTransform;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrialTest {
  @TempDir static Path shared;
  static Path data = Path.of("");

  @BeforeAll
  static void once() {
    data = FakeRecordings.write(shared.resolve("data"), 2);
  }

  private static Scores trial(String change) {
    return Trial.run(
        LabellingTest.job(data, shared.resolve("none")),
        Disturbance.parse(change),
        List.of(),
        2,
        LabellingTest.QUIET);
  }

  @Test
  void theOracleDoesNotMindButItsPlacesDo() {
    Scores whole = trial("none");
    assertThat(whole.frames()).isEqualTo(6);
    assertThat(whole.all().recall75()).isEqualTo(1);
    assertThat(whole.framesPerSecond()).isPresent();
    Scores shaken = trial("calibration:30:0");
    assertThat(shaken.all().recall75()).isEqualTo(1);
    assertThat(shaken.all().centroidMedian()).isGreaterThan(whole.all().centroidMedian() + 0.002);
    assertThat(trial("view:top").views().keySet()).containsExactly("top");
  }

  @Test
  void disturbancesAreAsLargeAsTheySay() {
    try (Dataset recordings = Recordings.open(data, ReadOptions.ALL)) {
      Observation seen = recordings.episode(0).observation(1);
      float[] before = seen.views().get(0).depth().orElseThrow().toArray();
      float[] after =
          Disturbance.parse("noise:3")
              .apply(0, 1, seen)
              .views()
              .get(0)
              .depth()
              .orElseThrow()
              .toArray();
      double squares = 0;
      for (int i = 0; i < before.length; i++) {
        squares += Math.pow(after[i] - before[i], 2);
      }
      assertThat(Math.sqrt(squares / before.length)).isCloseTo(0.003, within(0.0002));
      RigidTransform off =
          Disturbance.parse("calibration:5:0.3")
              .apply(0, 1, seen)
              .views()
              .get(0)
              .camera()
              .orElseThrow()
              .worldFromCamera()
              .inverse()
              .compose(seen.views().get(0).camera().orElseThrow().worldFromCamera());
      assertThat(off.translation().norm()).isCloseTo(0.005, within(1e-5));
      assertThat(Math.toDegrees(off.angle())).isCloseTo(0.3, within(1e-3));
    }
  }

  @Test
  void theTableHasWhatTheDataSetCanLose() {
    TrialTable table = TrialTable.of(LabellingTest.job(data, shared.resolve("none")));
    assertThat(table.changes())
        .containsExactly(
            "none", "view:side", "view:top", "noise:1", "noise:2", "noise:3", "calibration:5:0.3");
    assertThat(table.omitted()).containsOnlyKeys("lossy", "no-joints");
    table.changes().forEach(Disturbance::parse);
    // Otherwise clean depth would be scored under another name.
    assertThatThrownBy(() -> trial("lossy")).hasMessageContaining("got none in");
  }

  @Test
  void recordedJointsCanBeLost() {
    Observation seen =
        new Observation(
            List.of(), new float[0], List.of(), "", 0, new Joints(new double[7], new double[2]));
    assertThat(Disturbance.parse("no-joints").apply(0, 0, seen).joints()).isEqualTo(Joints.NONE);
    assertThat(Disturbance.parse("none").apply(0, 0, seen)).isSameAs(seen);
  }

  @Test
  void wordsAreChecked() {
    for (String wrong :
        List.of("noise", "noise:x", "noise:-1", "calibration:5", "fog", "lossy:1", "no-joints:1")) {
      assertThatThrownBy(() -> Disturbance.parse(wrong))
          .hasMessageContaining("--trial: wanted none, noise:MM")
          .hasMessageContaining("got " + wrong);
    }
  }
}
