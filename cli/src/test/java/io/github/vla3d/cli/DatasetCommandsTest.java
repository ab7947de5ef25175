package io.github.vla3d.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.datasets.Datasets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands on the fixtures of the module datasets. */
class DatasetCommandsTest {
  private static final Path TINY = Path.of("../datasets/src/test/resources/tiny");

  @TempDir Path folder;

  private static Path copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path path : files.toList()) {
        Path target = to.resolve(from.relativize(path).toString());
        if (Files.isDirectory(path)) {
          Files.createDirectories(target);
        } else {
          Files.copy(path, target);
        }
      }
    }
    return to;
  }

  private int left() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return (int) files.count();
    }
  }

  @Test
  void aFaultIsUndoneInACopy() throws Exception {
    Path source = copy(TINY.resolve("lerobot_v21"), folder.resolve("source"));
    Path info = source.resolve("meta/info.json");
    String told = Files.readString(info);
    String silent = told.replace("\"mirrored_left_right\": true", "\"mirrored_left_right\": false");
    assertThat(silent).isNotEqualTo(told);
    Files.writeString(info, silent);
    Path out = folder.resolve("fixed");
    Program fix =
        Program.run("doctor", source.toString(), "--fix", "--out", out.toString(), "--json");
    JsonNode document = new ObjectMapper().readTree(fix.out());
    assertThat(fix.status()).as(fix.err()).isZero();
    assertThat(document.path("faults").get(0).path("kind").asText()).isEqualTo("mirrored");
    assertThat(document.path("written").get(0).path("frames").asInt()).isEqualTo(4);
    assertThat(Files.readString(info)).isEqualTo(silent);
    assertThat(Files.readString(out.resolve("meta/info.json"))).contains("\"panda\"");
    assertThat(left()).isEqualTo(2);

    Program again = Program.run("doctor", out.toString(), "--fix", "--out", folder + "/none");
    assertThat(again.status()).isZero();
    assertThat(again.out()).contains("sound");
    Program over = Program.run("doctor", source.toString(), "--fix", "--out", out.toString());
    assertThat(over.status()).isEqualTo(1);
    assertThat(over.err()).contains("wanted a new folder, got one that exists already");
    assertThat(left()).isEqualTo(2);
  }

  /** Two scenes that share one of their two views. */
  private Path scenes() throws IOException {
    Path source = copy(TINY.resolve("scenes"), folder.resolve("source"));
    Files.copy(source.resolve("scene_00.npz"), source.resolve("scene_01.npz"));
    String json = Files.readString(source.resolve("scene_00.json"));
    Files.writeString(
        source.resolve("scene_01.json"), json.replace("agentview_view_15_15_100_0_0", "elsewhere"));
    return source;
  }

  @Test
  void viewsThatDifferAreSplitOrChosen() throws Exception {
    Path source = scenes();
    Path out = folder.resolve("out");
    String[] plain = {"import", source.toString(), "--to", "lerobot-v3", "--out", out.toString()};
    Program refused = Program.run(plain);
    assertThat(refused.status()).isEqualTo(1);
    assertThat(refused.err())
        .contains(
            "scene_01", "elsewhere", "in all episodes, [agentview_base]", "--views", "--split");
    assertThat(left()).isEqualTo(1);

    Program split =
        Program.run(Stream.concat(Stream.of(plain), Stream.of("--split")).toArray(String[]::new));
    assertThat(split.status()).as(split.err()).isZero();
    assertThat(split.out().lines()).hasSize(2);
    for (String part : new String[] {"000", "001"}) {
      try (Dataset dataset = Datasets.open(out.resolve(part))) {
        assertThat(dataset.size()).isEqualTo(1);
        assertThat(dataset.episode(0).viewNames()).hasSize(2);
      }
    }
    Path chosen = folder.resolve("chosen");
    Program some =
        Program.run(
            "import",
            source.toString(),
            "--to",
            "lerobot-v3",
            "--out",
            chosen.toString(),
            "--views",
            "agentview_base");
    assertThat(some.status()).as(some.err()).isZero();
    try (Dataset dataset = Datasets.open(chosen)) {
      assertThat(dataset.size()).isEqualTo(2);
      assertThat(dataset.episode(1).viewNames()).containsExactly("agentview_base");
    }
    assertThat(left()).isEqualTo(3);
  }

  @Test
  void theLoaderIsMeasured() throws Exception {
    Program bench =
        Program.run(
            "bench", "loader", TINY.resolve("lerobot_v3").toString(), "--frames", "4", "--json");
    assertThat(new ObjectMapper().readTree(bench.out()).path("ordered_ms").asDouble()).isPositive();
    assertThat(Program.run("bench", "loader", TINY.resolve("lerobot_v3").toString()).err())
        .contains("--frames: wanted 1 to 4");
  }
}
