package io.github.vla3d.data.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.vla3d.data.Episode;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.View;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** On ray-cast scenes; {@link DoctorMatrixTest} does the same on recordings. */
class DoctorTest {
  private static final Doctor DOCTOR = new Doctor(1);
  private static final List<String> VIEWS = List.of("front", "wrist");
  private static Episode sound;

  @BeforeAll
  static void render() {
    sound = TableScene.episode(1, 0.001, VIEWS);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.004})
  void soundRecordingsAreSound(double noise) {
    Diagnosis diagnosis = DOCTOR.examine(TableScene.episode(2, noise, VIEWS));
    assertThat(diagnosis.faults()).isEmpty();
    assertThat(diagnosis.notes()).isEmpty();
    assertThat(diagnosis.ok()).isTrue();
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "INCONSISTENT")
  void faultsAreNamed(FaultKind kind) {
    FaultInjector.Faulty faulty = FaultInjector.inject(sound, kind, 3);
    Diagnosis diagnosis = DOCTOR.examine(faulty.episode());
    assertThat(faulty.named(diagnosis)).as("%s in %s", faulty, diagnosis).isTrue();
    assertThat(diagnosis.faults()).allMatch(fault -> fault.kind() == kind);
    assertThat(diagnosis.ok()).isEqualTo(kind == FaultKind.HALF_PIXEL);
    assertThat(diagnosis.faults()).allMatch(f -> f.confidence() > 0 && f.confidence() <= 1);
  }

  @Test
  void theRemedyNamesTheMagnitude() {
    FaultInjector.Faulty faulty = FaultInjector.inject(sound, FaultKind.DEPTH_UNIT, 3);
    Fault fault = DOCTOR.examine(faulty.episode()).faults().get(0);
    double unit = Double.parseDouble(faulty.what().substring("times ".length()));
    assertThat(fault.remedy()).contains(String.format(Locale.ROOT, "by %.4g", 1 / unit));
  }

  @Test
  void aCameraThatWasBumpedContradictsTheOthers() {
    RigidTransform bump =
        RigidTransform.fromAxisAngle(new Vector3(0.1, -0.08, 0.05), new Vector3(0.03, 0.02, 0));
    Episode bumped =
        FakeEpisode.of(
            sound,
            frame -> {
              Observation o = sound.observation(frame);
              return new Observation(
                  o.views().stream().map(v -> moved(v, bump)).toList(),
                  o.state(),
                  o.worldFromEffectors(),
                  o.instruction(),
                  o.seconds());
            });
    Diagnosis diagnosis = DOCTOR.examine(bumped);
    assertThat(diagnosis.faults()).isNotEmpty();
    assertThat(diagnosis.faults()).allMatch(fault -> fault.kind() == FaultKind.INCONSISTENT);
  }

  private static View moved(View view, RigidTransform bump) {
    if (!view.name().equals("front")) {
      return view;
    }
    Camera camera = view.camera().orElseThrow();
    return View.of(
        view.name(),
        view.rgb(),
        view.depth(),
        Optional.of(new Camera(camera.intrinsics(), camera.worldFromCamera().compose(bump))));
  }

  @ParameterizedTest
  @CsvSource({
    "front, CAMERA_INVERTED",
    "front, DEPTH_UNIT",
    "front, RAY_DISTANCE",
    "front, MIRRORED",
    "wrist, OPENGL_AXES",
    "wrist, UPSIDE_DOWN",
    "wrist, OTHER_RESOLUTION",
    "wrist, OUT_OF_TIME"
  })
  void aSingleViewIsHeldAgainstTheHandOrAgainstItself(String view, FaultKind kind) {
    Episode single = TableScene.episode(1, 0.001, List.of(view));
    assertThat(DOCTOR.examine(single).faults()).isEmpty();
    FaultInjector.Faulty faulty = FaultInjector.inject(single, kind, 2);
    Diagnosis diagnosis = DOCTOR.examine(faulty.episode());
    assertThat(faulty.named(diagnosis)).as("%s in %s", faulty, diagnosis).isTrue();
  }

  @Test
  void whatCannotBeJudgedIsSaid() {
    Episode handless =
        FakeEpisode.of(
            TableScene.episode(1, 0, List.of("front")),
            frame -> {
              Observation o = sound.observation(frame);
              return new Observation(
                  List.of(o.view("front").orElseThrow()), o.state(), List.of(), "", o.seconds());
            });
    Diagnosis diagnosis = DOCTOR.examine(handless);
    assertThat(diagnosis.ok()).isTrue();
    assertThat(diagnosis.notes()).singleElement().asString().contains("front", "not be judged");
  }
}
