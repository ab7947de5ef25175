package io.github.vla3d.data.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.Episode;
import io.github.vla3d.data.Observation;
import io.github.vla3d.datasets.Datasets;
import io.github.vla3d.datasets.Shared;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every fault in every data set in which it shows, twenty times: the matrix of docs/doctor.md. */
@Tag("long")
class DoctorMatrixTest {
  private static final int SEEDS = 20;

  /** Faults of motion, which a frozen scene does not show. */
  private static final Set<FaultKind> MOTION =
      Set.of(FaultKind.WRIST_FROZEN, FaultKind.OUT_OF_TIME);

  @ParameterizedTest
  @ValueSource(strings = {"lerobot_v3", "lerobot_v21", "libero_hdf5", "camera_shift"})
  void soundRecordingsAreSound(String name) {
    try (Dataset dataset = Datasets.open(Shared.libero(name))) {
      long start = System.nanoTime();
      Diagnosis diagnosis = new Doctor(dataset.size()).examine(dataset);
      System.out.printf(
          "%s: %d episodes in %.1f s%n", name, dataset.size(), (System.nanoTime() - start) / 1e9);
      assertThat(diagnosis.faults()).isEmpty();
      assertThat(diagnosis.notes()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"lerobot_v3", "lerobot_v21", "libero_hdf5", "camera_shift"})
  void faultsAreNamed(String name) {
    List<String> misses = new ArrayList<>();
    try (Dataset dataset = Datasets.open(Shared.libero(name))) {
      Map<Integer, Episode> episodes = new HashMap<>();
      for (FaultKind kind : FaultKind.values()) {
        if (kind == FaultKind.INCONSISTENT) {
          continue;
        }
        int named = 0;
        int cases = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
          Episode sound =
              episodes.computeIfAbsent(
                  seed % Math.min(4, dataset.size()), i -> remembered(dataset.episode(i)));
          if (sound.frames() == 1 && MOTION.contains(kind)) {
            continue;
          }
          cases++;
          FaultInjector.Faulty faulty = FaultInjector.inject(sound, kind, seed);
          Diagnosis diagnosis = new Doctor(1).examine(faulty.episode());
          if (faulty.named(diagnosis)) {
            named++;
          } else {
            misses.add(
                kind + " " + seed + " " + faulty.places() + " " + faulty.what() + ": " + diagnosis);
          }
        }
        System.out.printf("%-12s %-18s %2d of %2d%n", name, kind, named, cases);
        assertThat(named)
            .as(misses.toString())
            .isGreaterThanOrEqualTo((int) Math.ceil(0.95 * cases));
      }
    }
  }

  /** Decodes every frame once. */
  private static Episode remembered(Episode episode) {
    Map<Integer, Observation> seen = new HashMap<>();
    return FakeEpisode.of(episode, frame -> seen.computeIfAbsent(frame, episode::observation));
  }
}
