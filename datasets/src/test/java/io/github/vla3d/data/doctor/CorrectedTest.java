package io.github.vla3d.data.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import io.github.vla3d.data.DataException;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.Episode;
import io.github.vla3d.data.Observation;
import io.github.vla3d.data.View;
import io.github.vla3d.data.ViewTransforms;
import io.github.vla3d.datasets.Datasets;
import io.github.vla3d.datasets.Shared;
import io.github.vla3d.datasets.lerobot.LeRobotWriter;
import io.github.vla3d.geometry.DepthKind;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the doctor undoes is as if it had never been. */
class CorrectedTest {
  private static final double FLOATS = 1e-5;
  private static Episode sound;

  @BeforeAll
  static void render() {
    sound = TableScene.episode(1, 0.001, List.of("front", "wrist"));
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"INCONSISTENT", "WRIST_FROZEN", "HALF_PIXEL"})
  void faultsAreUndone(FaultKind kind) {
    for (int seed = 0; seed < 2; seed++) {
      undone(sound, kind, seed);
    }
  }

  /** The same on recordings, in every layout. */
  @Tag("long")
  @ParameterizedTest
  @ValueSource(strings = {"lerobot_v3", "lerobot_v21", "libero_hdf5", "camera_shift"})
  void faultsOfRecordingsAreUndone(String name) {
    try (Dataset dataset = Datasets.open(Shared.libero(name))) {
      for (FaultKind kind : FaultKind.values()) {
        boolean motion = kind == FaultKind.OUT_OF_TIME;
        if (kind != FaultKind.INCONSISTENT
            && kind != FaultKind.WRIST_FROZEN
            && kind != FaultKind.HALF_PIXEL
            && !(motion && dataset.episode(0).frames() == 1)) {
          for (int seed = 0; seed < 4; seed++) {
            undone(dataset.episode(seed % dataset.size()), kind, seed);
          }
        }
      }
    }
  }

  private static void undone(Episode clean, FaultKind kind, int seed) {
    FaultInjector.Faulty faulty = FaultInjector.inject(clean, kind, seed);
    try (Dataset corrected = corrected(faulty)) {
      Episode episode = corrected.episode(0);
      assertThat(new Doctor(1).examine(episode).faults()).as(faulty.toString()).isEmpty();
      // What was nearer than the buffer's near plane, no buffer holds.
      double near = planes(faulty).map(DepthKind.ZBuffer::near).orElse(0.0);
      same(clean, episode, start(episode), faulty.toString(), FLOATS, near);
    }
  }

  private static Dataset corrected(FaultInjector.Faulty faulty) {
    return new Corrected(new OneEpisode(faulty.episode()), new Doctor(1, planes(faulty)));
  }

  private static Optional<DepthKind.ZBuffer> planes(FaultInjector.Faulty faulty) {
    if (faulty.kind() != FaultKind.Z_BUFFER) {
      return Optional.empty();
    }
    String[] planes = faulty.what().split(" to ", -1);
    return Optional.of(
        new DepthKind.ZBuffer(Double.parseDouble(planes[0]), Double.parseDouble(planes[1])));
  }

  private static int start(Episode episode) {
    return episode instanceof ChangedEpisode changed ? changed.from() + start(changed.source()) : 0;
  }

  private static void same(
      Episode clean, Episode corrected, int start, String what, double tolerance, double near) {
    assertThat(corrected.frames()).isGreaterThan(clean.frames() - 1 - Recording.REACH);
    for (int f = 0; f < corrected.frames(); f += 5) {
      Observation a = clean.observation(start + f);
      Observation b = corrected.observation(f);
      assertThat(b.seconds()).isCloseTo(f / clean.framesPerSecond(), within(1e-6));
      for (int arm = 0; arm < a.worldFromEffectors().size(); arm++) {
        assertThat(
                b.worldFromEffectors()
                    .get(arm)
                    .near(a.worldFromEffectors().get(arm), tolerance, tolerance))
            .as(what)
            .isTrue();
      }
      for (int v = 0; v < a.views().size(); v++) {
        same(
            ViewTransforms.upright(a.views().get(v)),
            ViewTransforms.upright(b.views().get(v)),
            what + " frame " + f,
            tolerance,
            near);
      }
    }
  }

  private static void same(View a, View b, String what, double tolerance, double near) {
    assertThat(b.name()).isEqualTo(a.name());
    assertThat(b.rgb()).as(what).isEqualTo(a.rgb());
    assertThat(b.camera().orElseThrow().intrinsics().matrix())
        .as(what)
        .containsExactly(a.camera().orElseThrow().intrinsics().matrix(), within(1e-4));
    assertThat(b.depthCamera().orElseThrow().worldFromCamera().toRowMajor())
        .as(what)
        .containsExactly(
            a.depthCamera().orElseThrow().worldFromCamera().toRowMajor(), within(1e-6));
    float[] wanted = a.depth().orElseThrow().toArray();
    float[] got = b.depth().orElseThrow().toArray();
    for (int i = 0; i < wanted.length; i++) {
      double slack = tolerance * Math.max(1, wanted[i] * wanted[i]);
      if (wanted[i] == 0 || wanted[i] > near) {
        assertThat((double) got[i]).as(what).isCloseTo(wanted[i], within(slack));
      }
    }
  }

  /** The way of {@code vla3d doctor --fix}: through files, where depth is whole millimetres. */
  @ParameterizedTest
  @CsvSource({"MIRRORED, 1", "CAMERA_INVERTED, 0", "DEPTH_UNIT, 2", "OUT_OF_TIME, 3"})
  void theWrittenCopyIsSound(FaultKind kind, int seed, @TempDir Path folder) {
    FaultInjector.Faulty faulty = FaultInjector.inject(sound, kind, seed);
    Path target = folder.resolve("fixed");
    int start;
    try (Dataset corrected = corrected(faulty);
        LeRobotWriter writer =
            new LeRobotWriter(target, new LeRobotWriter.Options(20, "arm", false))) {
      Episode episode = corrected.episode(0);
      start = start(episode);
      writer.add(episode);
      writer.finish();
    }
    try (Dataset written = Datasets.open(target)) {
      assertThat(new Doctor(1).examine(written).faults()).isEmpty();
      same(sound, written.episode(0), start, faulty.toString(), 0.00051, 0);
    }
  }

  @Test
  void whatWasNotRecordedCannotBeRestored() {
    FaultInjector.Faulty faulty = FaultInjector.inject(sound, FaultKind.WRIST_FROZEN, 1);
    try (Dataset corrected = corrected(faulty)) {
      assertThatExceptionOfType(DataException.class)
          .isThrownBy(() -> corrected.episode(0))
          .withMessageContaining("wrist: wanted a fault that can be undone, got WRIST_FROZEN")
          .withMessageContaining("record again");
    }
  }

  @Test
  void theBuffersPlanesHaveToBeKnown() {
    FaultInjector.Faulty faulty = FaultInjector.inject(sound, FaultKind.Z_BUFFER, 1);
    try (Dataset corrected = new Corrected(new OneEpisode(faulty.episode()), new Doctor(1))) {
      assertThatExceptionOfType(DataException.class)
          .isThrownBy(() -> corrected.episode(0))
          .withMessageContaining("give the renderer's own");
    }
  }

  private record OneEpisode(Episode only) implements Dataset {
    @Override
    public String name() {
      return "one";
    }

    @Override
    public int size() {
      return 1;
    }

    @Override
    public Episode episode(int index) {
      return only;
    }

    @Override
    public void close() {}
  }
}
