package io.github.vla3d.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.vla3d.data.Dataset;
import io.github.vla3d.datasets.Datasets;
import io.github.vla3d.geometry.Camera;
import io.github.vla3d.tabletop.Tabletop;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TabletopRecordCommandTest {
  private static final String TASK = "open_upper_drawer";

  @TempDir Path folder;

  private Program record(Path out, String perturbations) throws Exception {
    return Program.run(
        "tabletop",
        "record",
        "--tasks=" + TASK,
        "--episodes=1",
        "--size=32",
        "--pictures",
        "--threads=1",
        "--perturb=" + perturbations,
        "--out=" + out);
  }

  @Test
  void perturbedEpisodesAreThoseOfTheirNames() throws Exception {
    Path out = folder.resolve("data");
    Program program = record(out, "nominal,camera.orbit:3");
    assertThat(program.status()).as(program.err()).isZero();
    assertThat(program.out()).contains("2 episodes");
    try (Dataset dataset = Datasets.open(out)) {
      assertThat(dataset.size()).isEqualTo(2);
      Camera nominal = scene(dataset, 0);
      Camera moved = scene(dataset, 1);
      assertThat(moved.intrinsics()).isEqualTo(nominal.intrinsics());
      assertThat(moved.worldFromCamera().near(nominal.worldFromCamera(), 0.1, 0.1)).isFalse();
    }
  }

  private static Camera scene(Dataset dataset, int episode) {
    return dataset
        .episode(episode)
        .observation(0)
        .view(Tabletop.SCENE_VIEW)
        .orElseThrow()
        .camera()
        .orElseThrow();
  }

  @Test
  void whatIsNoPerturbationIsSaid() throws Exception {
    Path out = folder.resolve("data");
    Program program = record(out, "camera:9");
    assertThat(program.status()).isEqualTo(1);
    assertThat(program.err())
        .contains("perturbation: wanted a severity of camera from 1 to 5, got 9");
    assertThat(out).doesNotExist();
  }
}
