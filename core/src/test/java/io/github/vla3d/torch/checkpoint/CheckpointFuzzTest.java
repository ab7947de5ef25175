package io.github.vla3d.torch.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.vla3d.torch.checkpoint.CheckpointFolder.Search;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damages the newest of two checkpoints in seeded ways: the older one must be found instead. */
class CheckpointFuzzTest {
  @TempDir Path temporary;

  @Test
  void aSampleOfDamage() throws IOException {
    damage(60, 1);
  }

  @Test
  @Tag("long")
  void twoThousandKindsOfDamage() throws IOException {
    damage(2000, 2);
  }

  private void damage(int mutations, long seed) throws IOException {
    Path checkpoints = temporary.resolve("checkpoints");
    String olderDigest;
    try (TinyTraining training = new TinyTraining(0);
        CheckpointFolder folder = CheckpointFolder.open(checkpoints, Retention.ALL)) {
      training.step();
      training.save(folder);
      olderDigest = training.digest();
      training.step();
      training.save(folder);
    }
    Path newer = checkpoints.resolve("000002");
    Path pristine = Files.move(newer, temporary.resolve("pristine"));
    Random random = new Random(seed);
    int silent = 0;
    for (int i = 0; i < mutations; i++) {
      copy(pristine, newer);
      String what = mutate(newer, random);
      Search search = CheckpointFolder.newestWhole(checkpoints);
      boolean caught =
          search.newest().map(Checkpoint::step).orElse(0L) == 1
              && search.broken().size() == 1
              && search.broken().get(0).reason().lines().count() == 1;
      if (!caught) {
        silent++;
        System.out.println("not caught: " + what + ": " + search);
      }
      DurableFiles.deleteTree(newer);
    }
    System.out.printf("damaged checkpoints: %d, loaded silently: %d%n", mutations, silent);
    assertThat(silent).isZero();

    // The counter-check: whole, it is found; damaged, the older one still restores.
    copy(pristine, newer);
    assertThat(CheckpointFolder.newestWhole(checkpoints).newest().orElseThrow().step())
        .isEqualTo(2);
    mutate(newer, random);
    try (TinyTraining training = new TinyTraining(5)) {
      training.restore(CheckpointFolder.newestWhole(checkpoints).newest().orElseThrow());
      assertThat(training.digest()).isEqualTo(olderDigest);
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (var all = Files.walk(from)) {
      for (Path path : all.toList()) {
        Files.copy(path, to.resolve(from.relativize(path)));
      }
    }
  }

  /** Changes one file so that its bytes differ; returns what was done. */
  private static String mutate(Path folder, Random random) throws IOException {
    List<Path> files = DurableFiles.filesBelow(folder);
    Path file = files.get(random.nextInt(files.size()));
    byte[] before = Files.readAllBytes(file);
    int kind = random.nextInt(7);
    switch (kind) {
      case 0 -> Files.delete(file);
      case 1 -> Files.write(file, Arrays.copyOf(before, random.nextInt(before.length)));
      case 2 -> {
        byte[] longer = Arrays.copyOf(before, before.length + 1 + random.nextInt(100));
        Files.write(file, longer);
      }
      case 3 -> {
        byte[] changed = before.clone();
        int from = random.nextInt(changed.length);
        int to = Math.min(changed.length, from + 1 + random.nextInt(4096));
        for (int i = from; i < to; i++) {
          changed[i] ^= (byte) (1 + random.nextInt(255));
        }
        Files.write(file, changed);
      }
      case 4 -> {
        Path other = files.get(random.nextInt(files.size()));
        if (other.equals(file) || Arrays.equals(Files.readAllBytes(other), before)) {
          Files.delete(file);
        } else {
          Files.copy(other, file, StandardCopyOption.REPLACE_EXISTING);
        }
      }
      default -> {
        byte[] changed = before.clone();
        changed[random.nextInt(changed.length)] ^= (byte) (1 << random.nextInt(8));
        Files.write(file, changed);
      }
    }
    return "kind " + kind + " of " + folder.relativize(file);
  }
}
