package io.github.vla3d.tabletop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.Episode;
import io.github.vla3d.datasets.Datasets;
import io.github.vla3d.geometry.RigidTransform;
import io.github.vla3d.geometry.Vector3;
import io.github.vla3d.tabletop.physics.World;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The hand under LIBERO's own actions. */
class ControllerTest {
  private static final double[] FREE = {-5, -5, -5};

  private static Path recordings() {
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      for (String place : new String[] {"shared", "../shared"}) {
        Path folder = at.resolve(place).resolve("data/libero/lerobot_v3").normalize();
        if (Files.isDirectory(folder)) {
          return folder;
        }
      }
    }
    assumeTrue(false, "no ../shared/data/libero/lerobot_v3 beside the repository");
    throw new AssertionError();
  }

  @Test
  void movesAsTheRecordedOneDoes() {
    List<Double> errors = new ArrayList<>();
    List<Double> moves = new ArrayList<>();
    try (Dataset dataset = Datasets.open(recordings())) {
      for (int e = 0; e < dataset.size(); e++) {
        Episode episode = dataset.episode(e);
        Vector3 low = new Vector3(FREE[0], FREE[1], FREE[2]);
        RigidTransform first = episode.observation(0).worldFromEffectors().get(0);
        World world = World.take(first, low, low.times(-1));
        for (int f = 0; f + 1 < episode.frames(); f++) {
          Vector3 before = world.worldFromHand().translation();
          float[] a = episode.actions().row(f);
          world.step(new double[] {a[0], a[1], a[2], a[3], a[4], a[5], a[6]});
          Vector3 ours = world.worldFromHand().translation().minus(before);
          Vector3 theirs = place(episode, f + 1).minus(place(episode, f));
          errors.add(ours.distance(theirs));
          moves.add(theirs.norm());
        }
        world.release();
      }
    }
    Collections.sort(errors);
    Collections.sort(moves);
    double error = errors.get(errors.size() / 2);
    double move = moves.get(moves.size() / 2);
    System.out.printf("steps differ by %.2f mm, of %.2f mm (medians)%n", 1e3 * error, 1e3 * move);
    assertThat(error).isLessThan(0.25 * move);
  }

  private static Vector3 place(Episode episode, int frame) {
    float[] state = episode.states().row(frame);
    return new Vector3(state[0], state[1], state[2]);
  }
}
