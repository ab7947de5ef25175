package io.github.vla3d.torch.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.vla3d.torch.JavaChild;
import io.github.vla3d.torch.checkpoint.CheckpointFolder.Search;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One training run, killed again and again while it writes checkpoints, against the same run
 * without interruption.
 */
class CheckpointKillTest {
  /** When a child dies: a random time up to so many milliseconds after it has come so far. */
  private enum Death {
    STARTING("", 2500),
    STARTED("from ", 800),
    SAVING("saved ", 200);

    final String line;
    final int life;

    Death(String line, int life) {
      this.line = line;
      this.life = life;
    }
  }

  @TempDir Path folder;

  /** Digests of the uninterrupted run by step, computed as far as they are asked for. */
  private static final class Reference implements AutoCloseable {
    private final TinyTraining training = new TinyTraining(0);
    private final Map<Long, String> digests = new HashMap<>();

    Reference() {
      digests.put(0L, training.digest());
    }

    String at(long step) {
      while (training.progress.step() < step) {
        training.step();
        digests.put(training.progress.step(), training.digest());
      }
      return digests.getOrDefault(step, "");
    }

    @Override
    public void close() {
      training.close();
    }
  }

  @Test
  void aSampleOfKills() throws Exception {
    kill(6, 1);
  }

  @Test
  @Tag("long")
  void twoHundredKills() throws Exception {
    kill(200, 2);
  }

  private void kill(int kills, long seed) throws IOException, InterruptedException {
    Random random = new Random(seed);
    Path checkpoints = folder.resolve("checkpoints");
    Path errors = folder.resolve("errors");
    long lost = 0;
    long during = 0;
    long acknowledged = 0;
    try (Reference reference = new Reference()) {
      for (int i = 0; i < kills; i++) {
        Death death = i % 10 == 9 ? Death.STARTING : i % 5 == 3 ? Death.STARTED : Death.SAVING;
        long saved = live(checkpoints, errors, random, death);
        acknowledged = Math.max(acknowledged, saved);
        during += Files.exists(checkpoints) && leftovers(checkpoints) ? 1 : 0;
        lost += isLost(checkpoints, acknowledged, reference) ? 1 : 0;
      }
      // The last life goes on to an end: what all the others left is as good as new.
      long end = acknowledged + 5;
      Process last = start(checkpoints, errors, end);
      assertThat(last.waitFor(180, TimeUnit.SECONDS)).isTrue();
      assertThat(last.exitValue()).as(Files.readString(errors)).isZero();
      assertThat(isLost(checkpoints, end, reference)).isFalse();
      assertThat(leftovers(checkpoints)).isFalse();
    }
    System.out.printf(
        "kills: %d, lost: %d (checkpoints written: %d, kills in the middle of a write: %d)%n",
        kills, lost, acknowledged, during);
    assertThat(lost).isZero();
    assertThat(acknowledged).as("checkpoints written between kills").isGreaterThan(kills / 2);
    assertThat(during).as("kills in the middle of a write").isPositive();
  }

  private static Process start(Path checkpoints, Path errors, long end) throws IOException {
    return new ProcessBuilder(
            JavaChild.command(CheckpointProgram.class, checkpoints.toString(), "" + end))
        .redirectError(errors.toFile())
        .start();
  }

  /** Starts the run and kills it; returns the last step that it reported as saved. */
  private static long live(Path checkpoints, Path errors, Random random, Death death)
      throws IOException, InterruptedException {
    Process child = start(checkpoints, errors, Long.MAX_VALUE);
    AtomicLong saved = new AtomicLong();
    CountDownLatch reached = new CountDownLatch(death == Death.STARTING ? 0 : 1);
    Thread reader = new Thread(() -> read(child, death.line, reached, saved));
    reader.start();
    assertThat(reached.await(180, TimeUnit.SECONDS)).as(Files.readString(errors)).isTrue();
    Thread.sleep(random.nextInt(death.life));
    child.destroyForcibly(); // SIGKILL
    child.waitFor();
    reader.join();
    return saved.get();
  }

  private static void read(
      Process child, String awaited, CountDownLatch reached, AtomicLong saved) {
    try (BufferedReader lines = child.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("saved ")) {
          saved.set(Long.parseLong(line.substring(6)));
        }
        if (line.startsWith(awaited)) {
          reached.countDown();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean leftovers(Path checkpoints) throws IOException {
    try (var files = Files.list(checkpoints)) {
      return files.anyMatch(f -> f.getFileName().toString().matches("\\.(new|trash|replaced)-.*"));
    }
  }

  /** Whether what the run said is on the disk is not there, or is not what it was. */
  private static boolean isLost(Path checkpoints, long acknowledged, Reference reference) {
    Search search = CheckpointFolder.newestWhole(checkpoints);
    List<String> faults = new ArrayList<>();
    search.broken().forEach(broken -> faults.add(broken.reason()));
    long step = search.newest().map(Checkpoint::step).orElse(0L);
    if (step < acknowledged) {
      faults.add("step " + acknowledged + " was saved, the newest whole one is " + step);
    }
    if (search.newest().isPresent()) {
      try (TinyTraining training = new TinyTraining(5)) {
        training.restore(search.newest().get());
        if (!training.digest().equals(reference.at(step))) {
          faults.add("step " + step + " is not that of the uninterrupted run");
        }
      }
    }
    faults.forEach(System.out::println);
    return !faults.isEmpty();
  }
}
