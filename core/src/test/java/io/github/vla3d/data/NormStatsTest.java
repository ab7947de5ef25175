package io.github.vla3d.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
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
  void readsWhatItWrites() throws IOException {
    NormStats stats = NormStats.read(FILE);
    assertThat(again(stats)).isEqualTo(stats);
    assertThat(state(stats).std()).hasSize(6);
  }

  @Test
  void quantilesMayBeMissing() throws IOException {
    NormStats stats =
        read("{\"norm_stats\":{\"state\":{\"mean\":[1],\"std\":[2],\"q01\":null,\"q99\":null}}}");
    assertThat(state(stats).q01()).isNull();
    assertThat(again(stats)).isEqualTo(stats);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{} | norm_stats: wanted a value, got none",
        "[] | wanted an object, got array",
        "{\"norm_stats\":{},\"more\":1} | more: wanted no other keys than [norm_stats]",
        "{\"norm_stats\":{\"state\":{\"mean\":[1],\"std\":[1],\"var\":[1]}}} | norm_stats.state.var: wanted no other",
        "{\"norm_stats\":{\"state\":{\"mean\":[1]}}} | norm_stats.state.std: wanted a value",
        "{\"norm_stats\":{\"state\":{\"mean\":[1],\"std\":[1,2]}}} | std: wanted 1 numbers as in mean, got 2",
        "{\"norm_stats\":{\"state\":{\"mean\":[NaN],\"std\":[1]}}} | wanted JSON",
        "{\"norm_stats\":{\"state\":{\"mean\":[1e999],\"std\":[1]}}} | wanted a finite number",
        "{\"norm_stats\":{\"state\":{\"mean\":[\"1\"],\"std\":[1]}}} | wanted a finite number",
        "{\"norm_stats\":{\"state\":{\"mean\":[1],\"std\":[-1]}}} | numbers >= 0",
        "{\"norm_stats\":{}} {} | wanted JSON",
        "{\"norm_stats\":{},\"norm_stats\":{}} | Duplicate",
      })
  void brokenFilesAreNamed(String json, String message) {
    assertThatThrownBy(() -> read(json))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("stats.json")
        .hasMessageContaining(message);
  }

  @Test
  void aMissingFileIsNamed() {
    assertThatThrownBy(() -> NormStats.read(folder.resolve("none.json")))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("none.json: wanted a JSON file, got no such file");
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
        assertThat(again(stats)).isEqualTo(stats);
      } catch (DataException e) {
        assertThat(e).hasMessageContaining("stats.json");
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(250);
  }

  private static NormStats.Vector state(NormStats stats) {
    return Objects.requireNonNull(stats.features().get("state"));
  }

  private NormStats again(NormStats stats) throws IOException {
    Path file = folder.resolve("again.json");
    Files.writeString(file, stats.toJson());
    return NormStats.read(file);
  }

  private NormStats read(String json) throws IOException {
    Path file = folder.resolve("stats.json");
    Files.write(file, json.getBytes(StandardCharsets.UTF_8));
    return NormStats.read(file);
  }
}
