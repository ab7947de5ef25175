package io.github.vla3d.policy.processing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NormStatsTest {
  private static final Path FILE =
      Path.of("src/test/resources/golden/preprocess/norm_stats_case2.json");

  @TempDir Path folder;

  @Test
  void readsWhatItWrites() {
    NormStats stats = NormStats.read(FILE);
    stats.write(folder.resolve("again.json"));
    assertThat(NormStats.read(folder.resolve("again.json"))).isEqualTo(stats);
    assertThat(stats.get("state").get("std")).hasSize(6);
  }

  @Test
  void quantilesMayBeMissing() throws IOException {
    NormStats stats =
        read("{\"norm_stats\":{\"state\":{\"mean\":[1],\"std\":[2],\"q01\":null,\"q99\":null}}}");
    assertThat(stats.get("state").has("q01")).isFalse();
    stats.write(folder.resolve("again.json"));
    assertThat(NormStats.read(folder.resolve("again.json"))).isEqualTo(stats);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{} | wanted a key 'norm_stats'",
        "[] | wanted an object, got a list",
        "{\"norm_stats\":{},\"more\":1} | unknown keys [more]",
        "{\"norm_stats\":{\"state\":{\"mean\":[1],\"std\":[1],\"var\":[1]}}} | unknown keys [var]",
        "{\"norm_stats\":{\"state\":{\"mean\":[1]}}} | wanted a key 'std'",
        "{\"norm_stats\":{\"state\":{\"mean\":[1],\"std\":[1,2]}}} | mean has 1 numbers, std has 2",
        "{\"norm_stats\":{\"state\":{\"mean\":[NaN],\"std\":[1]}}} | no JSON",
        "{\"norm_stats\":{\"state\":{\"mean\":[1e999],\"std\":[1]}}} | wanted a finite number",
        "{\"norm_stats\":{\"state\":{\"mean\":[\"1\"],\"std\":[1]}}} | wanted a finite number",
        "{\"norm_stats\":{\"state\":{\"mean\":[1],\"std\":[-1]}}} | numbers >= 0",
        "{\"norm_stats\":{}} {} | no JSON",
        "{\"norm_stats\":{},\"norm_stats\":{}} | Duplicate",
      })
  void brokenFilesAreNamed(String json, String message) {
    assertThatThrownBy(() -> read(json))
        .isInstanceOf(ProcessingException.class)
        .hasMessageContaining("stats.json")
        .hasMessageContaining(message);
  }

  @Test
  void aMissingFileIsNamed() {
    assertThatThrownBy(() -> NormStats.read(folder.resolve("none.json")))
        .isInstanceOf(ProcessingException.class)
        .hasMessageContaining("none.json: no such file");
  }

  /** Whatever happens to a byte: our exception, or statistics that could be written again. */
  @Test
  void everyMutationEndsWell() throws IOException {
    byte[] original = Files.readAllBytes(FILE);
    Random random = new Random(11);
    int refused = 0;
    for (int i = 0; i < 600; i++) {
      byte[] bytes = original.clone();
      if (i % 3 == 0) {
        bytes = java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length));
      } else {
        int at = random.nextInt(bytes.length);
        bytes[at] = (byte) (i % 3 == 1 ? random.nextInt(256) : "{}[]\",:-e0".charAt(i % 10));
      }
      Path file = folder.resolve("stats.json");
      Files.write(file, bytes);
      try {
        NormStats stats = NormStats.read(file);
        stats.write(folder.resolve("again.json"));
        assertThat(NormStats.read(folder.resolve("again.json"))).isEqualTo(stats);
      } catch (ProcessingException e) {
        assertThat(e).hasMessageContaining("stats.json");
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(250);
  }

  private NormStats read(String json) throws IOException {
    Path file = folder.resolve("stats.json");
    Files.write(file, json.getBytes(StandardCharsets.UTF_8));
    return NormStats.read(file);
  }
}
