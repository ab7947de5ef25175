package io.github.vla3d.labelling;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kill -9} while labels are made: what the next run makes of it has the same bytes. */
class KilledLabellingTest {
  private static final int EPISODES = 8;
  private static final int FRAMES = EPISODES * FakeRecordings.FRAMES;

  @TempDir static Path shared;
  static Path data = Path.of("");
  static Map<String, String> whole = Map.of();

  @TempDir Path folder;

  @BeforeAll
  static void once() throws IOException {
    data = FakeRecordings.write(shared.resolve("data"), EPISODES);
    Path labels = shared.resolve("labels");
    LabellingTest.run(LabellingTest.job(data, labels), 2);
    whole = FakeRecordings.bytes(labels);
  }

  @Test
  void aFewPoints() throws Exception {
    killed(5, 1);
  }

  @Test
  @Tag("long")
  void fiftyPoints() throws Exception {
    killed(50, 2);
  }

  private void killed(int points, long seed) throws Exception {
    Random random = new Random(seed);
    List<Integer> left = new ArrayList<>();
    for (int i = 0; i < points; i++) {
      Path labels = folder.resolve("labels" + i);
      kill(labels, random.nextInt(FRAMES), random.nextInt(40));
      LabelFolder there = new LabelFolder(labels);
      left.add(Files.isDirectory(labels) ? there.episodes().size() : 0);
      LabellingTest.run(LabellingTest.job(data, labels), 2);
      assertThat(FakeRecordings.bytes(labels)).as("point %d", i).isEqualTo(whole);
    }
    // Otherwise nothing was interrupted.
    assertThat(left).anyMatch(episodes -> episodes > 0 && episodes < EPISODES);
    assertThat(left).filteredOn(episodes -> episodes < EPISODES).hasSizeGreaterThan(points / 2);
  }

  /** Kills a run a little after it has done a number of frames. */
  private static void kill(Path labels, int frames, int milliseconds) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                LabelProgram.class.getName(),
                data.toString(),
                labels.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (InputStream dots = process.getInputStream()) {
      for (int i = 0; i < frames && dots.read() >= 0; i++) {
        // Waits for the frames.
      }
      TimeUnit.MILLISECONDS.sleep(milliseconds);
    } finally {
      process.destroyForcibly();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }
  }
}
