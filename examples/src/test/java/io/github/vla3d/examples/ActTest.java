package io.github.vla3d.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.vla3d.agent.FreshPolicy;
import io.github.vla3d.data.NormStats;
import io.github.vla3d.policy.pi.PiFamily;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ActTest {
  @TempDir Path folder;

  @Test
  void theProgramPrintsAChunk() {
    FreshPolicy policy = FreshPolicy.test(PiFamily.PI05, List.of("agentview", "wrist"));
    policy.write(
        folder,
        new NormStats(
            Map.of("state", NormStats.Vector.unit(8), "actions", NormStats.Vector.unit(7))),
        1);
    PrintStream before = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      Act.main(new String[] {folder.toString()});
    } finally {
      System.setOut(before);
    }
    List<String> lines = printed.toString(StandardCharsets.UTF_8).lines().toList();
    assertThat(lines).hasSize(policy.horizon());
    assertThat(lines).allMatch(line -> line.split(",", -1).length == 7 && !line.contains("NaN"));
  }

  /** It is to be read in a minute. */
  @Test
  void theProgramIsShort() throws IOException {
    Path source = Path.of("src/main/java/io/github/vla3d/examples/Act.java");
    assertThat(Files.readAllLines(source)).hasSizeLessThanOrEqualTo(40);
  }
}
