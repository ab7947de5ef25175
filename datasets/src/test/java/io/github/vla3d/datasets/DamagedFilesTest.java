package io.github.vla3d.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.github.vla3d.data.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Seeded damage to files of every format: a reader either reads on or throws a {@link
 * DataException}, in bounded time and memory.
 */
class DamagedFilesTest {
  private static final int SAMPLE = 12;
  private static final int LONG = 600;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "libero",
        "lerobot_v21",
        "lerobot_v3",
        "scenes",
        "folder",
        "robotwin/legacy",
        "robotwin/v1"
      })
  void damageIsAnswered(String fixture, @TempDir Path folder) throws IOException {
    run(fixture, folder, SAMPLE);
  }

  @Tag("long")
  @ParameterizedTest
  @ValueSource(
      strings = {
        "libero",
        "lerobot_v21",
        "lerobot_v3",
        "scenes",
        "folder",
        "robotwin/legacy",
        "robotwin/v1"
      })
  void muchDamageIsAnswered(String fixture, @TempDir Path folder) throws IOException {
    run(fixture, folder, LONG);
  }

  private static void run(String fixture, Path folder, int rounds) throws IOException {
    Path copy = ReadersTest.copy(Tiny.of(fixture), folder.resolve("copy"));
    List<Path> files;
    try (var walk = Files.walk(copy)) {
      files = walk.filter(Files::isRegularFile).sorted().toList();
    }
    int refused = 0;
    for (int seed = 0; seed < rounds; seed++) {
      Random random = new Random(31L * seed + fixture.hashCode());
      Path victim = files.get(random.nextInt(files.size()));
      byte[] whole = Files.readAllBytes(victim);
      Files.write(victim, damaged(whole, random));
      try {
        ReadersTest.readAll(copy);
      } catch (DataException e) {
        assertThat(e.getMessage()).contains(": wanted ").contains(", got ");
        refused++;
      } catch (RuntimeException | Error e) {
        fail("%s, seed %d, %s".formatted(fixture, seed, copy.relativize(victim)), e);
      }
      Files.write(victim, whole);
    }
    assertThat(refused).as("rounds in which damage was seen").isPositive();
    ReadersTest.readAll(copy);
  }

  private static byte[] damaged(byte[] whole, Random random) {
    byte[] bytes = whole.clone();
    switch (random.nextInt(5)) {
      case 0 -> {
        return Arrays.copyOf(bytes, random.nextInt(bytes.length));
      }
      case 1 -> {
        for (int i = random.nextInt(8) + 1; i > 0; i--) {
          bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        }
      }
      case 2 -> {
        int from = random.nextInt(bytes.length);
        int to = Math.min(bytes.length, from + 1 + random.nextInt(64));
        Arrays.fill(bytes, from, to, (byte) (random.nextBoolean() ? 0xff : 0));
      }
      case 3 -> {
        int n = Math.min(bytes.length / 2, 1 + random.nextInt(256));
        int from = random.nextInt(bytes.length - n);
        int to = random.nextInt(bytes.length - n);
        System.arraycopy(whole, from, bytes, to, n);
      }
      default -> {
        // Headers are where the sizes are.
        for (int i = 0; i < 4; i++) {
          bytes[random.nextInt(Math.min(bytes.length, 512))] = (byte) random.nextInt();
        }
      }
    }
    return bytes;
  }
}
