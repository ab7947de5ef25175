package io.github.vla3d.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.vla3d.datasets.io.Parquet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvalCommandTest {
  @TempDir Path folder;

  private String[] eval(String out, String... more) {
    List<String> args =
        new ArrayList<>(
            List.of(
                "eval",
                "--policy",
                "expert",
                "--task",
                "block_in_bowl,open_upper_drawer",
                "--out",
                folder.resolve(out).toString()));
    args.addAll(List.of(more));
    return args.toArray(String[]::new);
  }

  /** Killed as hard as can be, again and again, it leaves the table of a run that was not. */
  @Test
  void killedAndGoneOnWithItIsTheSameTable() throws Exception {
    String[] more = {"--episodes", "4", "--perturb", "nominal,robot:2"};
    Program whole = Program.run(eval("whole", more));
    assertThat(whole.status()).as(whole.err()).isZero();
    Path csv = folder.resolve("killed/episodes.csv");
    int kills = 0;
    long rows = 0;
    while (kills < 3) {
      Process process =
          new ProcessBuilder(Program.command(eval("killed", more)))
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("log" + kills).toFile())
              .start();
      long before = rows;
      while (process.isAlive() && rows < Math.min(15, before + 2)) {
        Thread.sleep(20);
        rows = Files.exists(csv) ? Math.max(0, Files.readString(csv).lines().count() - 1) : 0;
      }
      process.destroyForcibly();
      assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
      kills++;
    }
    assertThat(rows).isBetween(5L, 15L);
    Program rest = Program.run(eval("killed", more));
    assertThat(rest.status()).as(rest.err()).isZero();
    assertThat(rest.err()).contains("of 16 episodes already");
    assertThat(csv).hasSameBinaryContentAs(folder.resolve("whole/episodes.csv"));
    assertThat(folder.resolve("killed/episodes.parquet"))
        .hasSameBinaryContentAs(folder.resolve("whole/episodes.parquet"));
    assertThat(rest.out().replace("killed", "whole")).isEqualTo(whole.out());
  }

  @Test
  void theDocumentHasTheFigures() throws Exception {
    Program program =
        Program.run(eval("out", "--episodes", "2", "--video", "1", "--size", "32", "--json"));
    assertThat(program.status()).as(program.err()).isZero();
    JsonNode document = new ObjectMapper().readTree(program.out());
    assertThat(document.path("all").path(0).path("episodes").asInt()).isEqualTo(4);
    assertThat(document.path("all").path(0).path("successes").asInt()).isEqualTo(4);
    assertThat(document.path("all").path(0).path("low").asDouble()).isBetween(0.51, 0.511);
    assertThat(document.path("tasks")).hasSize(2);
    assertThat(folder.resolve("out/videos/expert_block_in_bowl_100000_success.gif"))
        .isNotEmptyFile();
    JsonNode kept = new ObjectMapper().readTree(folder.resolve("out/summary.json").toFile());
    assertThat(kept).isEqualTo(document);
    rowsAreParquetToo(folder.resolve("out"));
  }

  private static void rowsAreParquetToo(Path out) throws IOException {
    Path file = out.resolve("episodes.parquet");
    List<String> lines = Files.readAllLines(out.resolve("episodes.csv"));
    try (Parquet parquet = new Parquet()) {
      Map<String, String> schema = parquet.schema(file);
      assertThat(String.join(",", schema.keySet())).isEqualTo(lines.get(0));
      assertThat(schema)
          .containsEntry("success", "BOOLEAN")
          .containsEntry("seed", "BIGINT")
          .containsEntry("task", "VARCHAR");
      assertThat(parquet.texts(file, "episode", Parquet.Rows.ALL))
          .isEqualTo(lines.stream().skip(1).map(line -> line.split(",", -1)[9]).toList());
    }
  }

  @Test
  void whatDoesNotFitIsOneLine() throws Exception {
    for (List<String> wrong :
        List.of(
            List.of("--perturb", "weather"),
            List.of("--on", "moon"),
            List.of("--policy", "expert"),
            List.of("--policy", "no/such/folder"))) {
      Program program = Program.run(eval("wrong", wrong.toArray(String[]::new)));
      assertThat(program.status()).isEqualTo(1);
      assertThat(program.err()).contains("wanted").doesNotContain("\tat ");
      assertThat(folder.resolve("wrong")).doesNotExist();
    }
  }
}
