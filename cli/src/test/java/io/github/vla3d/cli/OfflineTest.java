package io.github.vla3d.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs every command in a network namespace that holds nothing but the loopback interface. */
class OfflineTest {
  private static final String ENGINE =
      Path.of("..", "core", "src", "test", "resources", "golden", "engine").toString();

  private static final String TINY =
      Path.of("..", "datasets", "src", "test", "resources", "tiny", "lerobot_v3").toString();

  @TempDir Path folder;

  private static final String TENSORS = Path.of(ENGINE, "layers.safetensors").toString();

  /** Opens tokenizers, whose library would like to report home. */
  private static final String PREPROCESS =
      Path.of("..", "core", "src", "test", "resources", "golden", "preprocess").toString();

  /** A new namespace has a loopback interface, switched off. */
  private static final List<String> NO_NETWORK =
      List.of("unshare", "-rn", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh");

  static Stream<List<String>> commands() {
    return Stream.of(
        List.of("doctor"),
        List.of("inspect", TENSORS, "--totals"),
        List.of("verify", ENGINE, "--failures"),
        List.of("verify", PREPROCESS, "--failures"),
        List.of("bench", "engine", "--measure", "--json"),
        List.of("bench", "label", "--help"),
        List.of("import", TINY, "--to", "lerobot-v3", "--out", "OUT"),
        List.of("norm-stats", TINY, "--out", "OUT"),
        List.of("view", TINY, "--episode", "0", "--out", "OUT"),
        // These need a policy or minutes; their parts are tried by tests of their own.
        List.of("act", "--help"),
        List.of("train", "--help"),
        List.of("label", "--help"),
        List.of(
            "eval",
            "--policy",
            "expert",
            "--task",
            "bowl_on_plate",
            "--episodes",
            "1",
            "--out",
            "OUT"),
        List.of("scene", "--help"),
        List.of("probes", "--help"),
        List.of("export", "--help"),
        List.of("demo", "--help"),
        List.of("tabletop", "--help"),
        List.of("launch", "--processes", "2", "--", "inspect", TENSORS, "--totals"));
  }

  @ParameterizedTest
  @MethodSource("commands")
  void worksWithoutNetwork(List<String> command) throws Exception {
    assumeTrue(namespaces(), "skipped: this system lets nobody make a network namespace");
    Program program =
        Program.run(
            NO_NETWORK,
            command.stream()
                .map(word -> word.equals("OUT") ? folder.resolve("out").toString() : word)
                .toArray(String[]::new));
    assertThat(program.status()).as(program.err()).isZero();
    assertThat(program.out()).isNotEmpty();
  }

  @Test
  void theNamespaceReallyIsEmpty() throws Exception {
    assumeTrue(namespaces(), "skipped: this system lets nobody make a network namespace");
    Process process =
        new ProcessBuilder("unshare", "-rn", "cat", "/proc/net/dev")
            .redirectErrorStream(true)
            .start();
    List<String> interfaces =
        new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8)
            .lines()
            .filter(line -> line.contains(":"))
            .toList();
    assertThat(interfaces).hasSize(1).first().asString().contains("lo:");
  }

  /** A command that is added must be added to the list above. */
  @Test
  void noCommandIsForgotten() {
    Set<String> tried = new HashSet<>();
    commands().forEach(command -> tried.add(command.get(0)));
    assertThat(tried).isEqualTo(Main.create(Output.claim(new String[0])).getSubcommands().keySet());
  }

  private static boolean namespaces() throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder("unshare", "-rn", "ip", "link", "set", "lo", "up")
              .redirectErrorStream(true)
              .start();
      return process.waitFor(20, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException e) {
      return false; // neither unshare nor ip
    }
  }
}
