package io.github.vla3d.labelling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code kill -9} while labels are made, or a disk that takes no more: what the next run makes of
 * it has the same bytes.
 */
class KilledLabellingTest {
  /** Changes the limits of a running process. */
  private static final Path PRLIMIT = Path.of("/usr/bin/prlimit");

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
    killed(3, 1);
  }

  @Test
  @Tag("long")
  void fiftyPoints() throws Exception {
    killed(50, 2);
  }

  /** Files may not grow any more, after two episodes and a half or so. */
  @Test
  void aFullDisk() throws Exception {
    assumeTrue(Files.isExecutable(PRLIMIT), "skipped: no " + PRLIMIT);
    Path labels = folder.resolve("labels");
    int frames = 2 * FakeRecordings.FRAMES + FakeRecordings.FRAMES / 2;
    Process process = program(labels, Integer.toString(frames)).start();
    String said;
    try (InputStream dots = process.getInputStream()) {
      for (int i = 0; i < frames; i++) {
        assertThat(dots.read()).isEqualTo('.');
      }
      Process limit =
          new ProcessBuilder(
                  PRLIMIT.toString(), "--pid", Long.toString(process.pid()), "--fsize=64")
              .inheritIO()
              .start();
      assertThat(limit.waitFor()).isZero();
      process.getOutputStream().write('\n');
      process.getOutputStream().flush();
      dots.transferTo(OutputStream.nullOutputStream());
      said = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.exitValue()).isEqualTo(1);
    assertThat(said).contains("wanted a file").contains("File too large");
    assertThat(new LabelFolder(labels).episodes()).hasSizeBetween(1, EPISODES - 1);
    try (Stream<Path> left = Files.list(labels)) {
      assertThat(left.map(p -> p.getFileName().toString())).noneMatch(n -> n.startsWith(".part"));
    }
    LabellingTest.run(LabellingTest.job(data, labels), 2);
    assertThat(FakeRecordings.bytes(labels)).isEqualTo(whole);
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
    Process process = program(labels).redirectError(ProcessBuilder.Redirect.DISCARD).start();
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

  private static ProcessBuilder program(Path labels, String... more) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                LabelProgram.class.getName(),
                data.toString(),
                labels.toString()));
    command.addAll(List.of(more));
    return new ProcessBuilder(command);
  }
}
