package io.github.vla3d.torch.distributed;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.vla3d.torch.JavaChild;
import io.github.vla3d.torch.Precision;
import io.github.vla3d.torch.ProcessGroup;
import io.github.vla3d.torch.Ranks;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Torch;
import io.github.vla3d.torch.distributed.ProcessLauncher.Outcome;
import io.github.vla3d.torch.io.Safetensors;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TwoProcessesTest {
  @TempDir Path folder;

  @Test
  void twoProcessesTrainLikeOneWithTheDoubledBatch() throws Exception {
    Path two = Files.createDirectory(folder.resolve("two"));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Outcome outcome =
        new ProcessLauncher(
                2,
                JavaChild.command(
                    DataParallelProgram.class, "sgd,adamw", "20", two.toString(), "60", "-1"),
                System.getenv(),
                Duration.ofSeconds(5))
            .run(out, err);
    assertThat(outcome.status()).as(err.toString(StandardCharsets.UTF_8)).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("{\"rank\":0}\n");
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("[rank 1] {\"rank\":1}\n");

    Path one = Files.createDirectory(folder.resolve("one"));
    Precision before = Torch.precision();
    try (ProcessGroup group = ProcessGroup.single()) {
      DataParallelProgram.train(group, "sgd", 20, one, false);
      DataParallelProgram.train(group, "adamw", 20, one, false);
    } finally {
      Torch.precision(before);
    }
    compare("sgd", one, two, 1e-6);
    compare("adamw", one, two, 1e-5);
  }

  private static void compare(String optimizer, Path one, Path two, double within) {
    String file = optimizer + ".safetensors";
    double difference = largestDifference(one.resolve(file), two.resolve(file));
    System.out.printf(
        "two processes against one, %s, 20 steps: largest difference %.1e, allowed %.0e%n",
        optimizer, difference, within);
    assertThat(difference).as(optimizer).isLessThanOrEqualTo(within);
  }

  private static double largestDifference(Path a, Path b) {
    return Scope.call(
        scope -> {
          double largest = 0;
          try (Safetensors x = Safetensors.open(a);
              Safetensors y = Safetensors.open(b)) {
            assertThat(x.specs()).isEqualTo(y.specs()).isNotEmpty();
            for (String name : x.specs().keySet()) {
              double d = x.get(name).sub(y.get(name)).abs().amax(false).item();
              assertThat(d).isFinite();
              largest = Math.max(largest, d);
            }
          }
          return largest;
        });
  }

  private record Ended(int status, double seconds, List<String> errors) {}

  /**
   * Starts two ranks without a launcher, waits until one hangs, does something to it, and returns
   * how the other ended.
   */
  private Ended trouble(String patience, boolean kill) throws IOException, InterruptedException {
    int port = Ranks.freePort();
    List<Process> ranks = new ArrayList<>();
    List<Path> errors = new ArrayList<>();
    try {
      for (int rank = 0; rank < 2; rank++) {
        Path error = folder.resolve("err" + rank);
        errors.add(error);
        ProcessBuilder builder =
            new ProcessBuilder(
                JavaChild.command(
                    DataParallelProgram.class, "sgd", "1000000", folder.toString(), patience, "1"));
        Map<String, String> environment = new HashMap<>();
        environment.put("RANK", "" + rank);
        environment.put("WORLD_SIZE", "2");
        environment.put("MASTER_PORT", "" + port);
        builder.environment().putAll(environment);
        builder.redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(error.toFile());
        ranks.add(builder.start());
      }
      while (!Files.readString(errors.get(1)).contains("hangs")) {
        assertThat(ranks.get(1).isAlive()).as(Files.readString(errors.get(1))).isTrue();
        Thread.sleep(20);
      }
      long start = System.nanoTime();
      if (kill) {
        ranks.get(1).destroyForcibly();
      }
      assertThat(ranks.get(0).waitFor(180, TimeUnit.SECONDS)).isTrue();
      return new Ended(
          ranks.get(0).exitValue(),
          (System.nanoTime() - start) / 1e9,
          Files.readAllLines(errors.get(0)));
    } finally {
      ranks.forEach(Process::destroyForcibly);
    }
  }

  @Test
  void aPeerThatIsKilledEndsTheOtherAtOnce() throws Exception {
    Ended ended = trouble("60", true);
    System.out.printf("peer killed: the other ended after %.1f s%n", ended.seconds);
    assertThat(ended.status).isEqualTo(3);
    assertThat(ended.seconds).isLessThan(20);
    assertThat(ended.errors)
        .filteredOn(line -> line.startsWith("error: "))
        .singleElement()
        .asString()
        .contains("rank 0 of 2: all-reduce: a peer has ended or cannot be reached any more");
  }

  @Test
  void aPeerThatHangsEndsTheOtherInTime() throws Exception {
    Ended ended = trouble("2", false);
    System.out.printf("peer hangs, 2 s allowed: the other ended after %.1f s%n", ended.seconds);
    assertThat(ended.status).isEqualTo(3);
    assertThat(ended.seconds).isLessThan(20);
    assertThat(ended.errors)
        .filteredOn(line -> line.startsWith("error: "))
        .singleElement()
        .asString()
        .contains("rank 0 of 2: all-reduce: a peer did not answer within 2.0 s");
  }
}
