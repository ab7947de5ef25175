package io.github.vla3d.torch.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.vla3d.torch.TorchException;
import io.github.vla3d.torch.distributed.ProcessLauncher.Outcome;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisabledOnOs(OS.WINDOWS)
class ProcessLauncherTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private Outcome launch(int processes, Map<String, String> more, String script)
      throws InterruptedException {
    Map<String, String> environment = new HashMap<>(System.getenv());
    environment.remove("OMP_NUM_THREADS");
    environment.putAll(more);
    return new ProcessLauncher(
            processes, List.of("sh", "-c", script), environment, Duration.ofSeconds(2))
        .run(out, err);
  }

  private List<String> errLines() {
    return err.toString(StandardCharsets.UTF_8).lines().sorted().toList();
  }

  @Test
  void setsTheEnvironmentAndKeepsRankZeroClean() throws Exception {
    Outcome outcome =
        launch(
            2,
            Map.of(),
            "echo $RANK $WORLD_SIZE $LOCAL_RANK $LOCAL_WORLD_SIZE $MASTER_ADDR $OMP_NUM_THREADS;"
                + "test -n \"$MASTER_PORT\" && test ! -e \"$VLA3D_RENDEZVOUS_FILE\" && echo ok >&2");
    int threads = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    assertThat(outcome.failed()).isFalse();
    assertThat(outcome.status()).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .isEqualTo("0 2 0 2 127.0.0.1 " + threads + "\n");
    assertThat(errLines())
        .containsExactly("[rank 0] ok", "[rank 1] 1 2 1 2 127.0.0.1 " + threads, "[rank 1] ok");
  }

  @Test
  void threadsThatAreSetStay() throws Exception {
    launch(1, Map.of("OMP_NUM_THREADS", "7"), "echo $OMP_NUM_THREADS");
    assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("7\n");
  }

  @Test
  void theFirstFailureEndsAllAndIsReported() throws Exception {
    long start = System.nanoTime();
    Outcome outcome = launch(3, Map.of(), "[ $RANK = 1 ] && exit 7; exec sleep 60");
    assertThat(outcome).isEqualTo(new Outcome(1, 7));
    assertThat(errLines())
        .containsExactly("launch: rank 1 of 3 ended with status 7; ending the others");
    assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(20));
  }

  @Test
  void whoIgnoresTheRequestIsKilled(@TempDir Path folder) throws Exception {
    long start = System.nanoTime();
    Path pid = folder.resolve("pid");
    Outcome outcome =
        launch(
            2,
            Map.of("PID_FILE", pid.toString()),
            "if [ $RANK = 0 ]; then trap '' TERM; echo $$ > $PID_FILE.new; mv $PID_FILE.new"
                + " $PID_FILE; while true; do sleep 0.1; done; fi;"
                + "while [ ! -e $PID_FILE ]; do sleep 0.05; done; kill -9 $$");
    assertThat(outcome).isEqualTo(new Outcome(1, 137));
    assertThat(errLines()).anyMatch(line -> line.contains("status 137 (signal 9)"));
    assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(20));
    long number = Long.parseLong(Files.readString(pid).strip());
    assertThat(ProcessHandle.of(number).map(ProcessHandle::isAlive).orElse(false)).isFalse();
  }

  @Test
  void aLauncherThatIsToldToEndEndsItsChildren(@TempDir Path folder) throws Exception {
    Path pid = folder.resolve("pid");
    Process launcher =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                ProcessLauncherTest.class.getName(),
                "echo $$ > " + pid + ".new; mv " + pid + ".new " + pid + "; exec sleep 60")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!Files.exists(pid) && System.nanoTime() < end) {
      Thread.sleep(20);
    }
    ProcessHandle child = ProcessHandle.of(Long.parseLong(Files.readString(pid).strip())).get();
    launcher.destroy();
    assertThat(launcher.waitFor(20, TimeUnit.SECONDS)).isTrue();
    end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (runs(child) && System.nanoTime() < end) {
      Thread.sleep(20);
    }
    assertThat(runs(child)).isFalse();
  }

  /** An orphan that ended counts as alive until process 1 takes note of it, which not all do. */
  private static boolean runs(ProcessHandle process) throws IOException {
    Path stat = Path.of("/proc", Long.toString(process.pid()), "stat");
    try {
      return process.isAlive() && !Files.readString(stat).matches("(?s).*\\) Z .*");
    } catch (NoSuchFileException e) {
      return process.isAlive(); // ended in between, or no Linux
    }
  }

  /** The launcher as a process of its own. */
  public static void main(String[] args) throws InterruptedException {
    Outcome outcome =
        new ProcessLauncher(1, List.of("sh", "-c", args[0]), System.getenv(), Duration.ofSeconds(5))
            .run(System.out, System.err);
    System.exit(outcome.status());
  }

  @Test
  void aCommandThatDoesNotExistIsAnError() {
    assertThatThrownBy(
            () ->
                new ProcessLauncher(
                        2, List.of("no-such-command"), System.getenv(), Duration.ofSeconds(1))
                    .run(out, err))
        .isInstanceOf(TorchException.class)
        .hasMessageContaining("launch: cannot start 'no-such-command'");
    assertThatThrownBy(() -> new ProcessLauncher(0, List.of("x"), Map.of(), Duration.ZERO))
        .hasMessageContaining("processes: wanted 1 to 1024, got 0");
  }

  @Test
  void linesOfTheEngineLeaveStandardOutput() {
    String text =
        "[Gloo] Rank 0 is connected to 1\n{\"a\":\n[Gloo] R\n\n[1]}\n[Gloo] Rank 0 is NOT\n[Gloo";
    for (int seed = 0; seed < 50; seed++) {
      ByteArrayOutputStream kept = new ByteArrayOutputStream();
      ByteArrayOutputStream diverted = new ByteArrayOutputStream();
      new GlooLineFilter(inPieces(text, new Random(seed)), kept, diverted).run();
      assertThat(kept.toString(StandardCharsets.UTF_8))
          .isEqualTo("{\"a\":\n[Gloo] R\n\n[1]}\n[Gloo");
      assertThat(diverted.toString(StandardCharsets.UTF_8))
          .isEqualTo("[Gloo] Rank 0 is connected to 1\n[Gloo] Rank 0 is NOT\n");
    }
  }

  private static InputStream inPieces(String text, Random random) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)) {
      @Override
      public synchronized int read(byte[] b) {
        return super.read(b, 0, Math.min(b.length, 1 + random.nextInt(6)));
      }
    };
  }

  @Test
  void linesOfSeveralChildrenNeverMix() throws Exception {
    launch(
        3,
        Map.of(),
        "[ $RANK = 0 ] && exit 0; i=0; while [ $i -lt 200 ]; do echo \"line $RANK $i\"; i=$((i+1));"
            + " done");
    List<String> wanted = new ArrayList<>();
    for (int rank = 1; rank < 3; rank++) {
      for (int i = 0; i < 200; i++) {
        wanted.add("[rank " + rank + "] line " + rank + " " + i);
      }
    }
    assertThat(errLines()).containsExactlyInAnyOrderElementsOf(wanted);
  }

  @Test
  void aLineWithoutEndIsCopiedToo() throws IOException {
    LinePrefixer prefixer =
        new LinePrefixer(
            new ByteArrayInputStream("a\nb".getBytes(StandardCharsets.UTF_8)), err, "> ");
    prefixer.run();
    assertThat(err.toString(StandardCharsets.UTF_8)).isEqualTo("> a\n> b\n");
  }
}
