package io.github.vla3d.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.vla3d.agent.Stage;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.io.Safetensors;
import io.github.vla3d.training.SceneTrainer;
import io.github.vla3d.training.TrainingListener;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code kill -9} in both stages, between them and inside checkpoints, with two threads that load:
 * what goes on ends with the same bits as what was never interrupted.
 */
class KilledTrainingTest {
  private static final int SAVE = 2;

  /** Most lives that a run may take: more would mean that it does not come on. */
  private static final int LIVES = 400;

  @TempDir static Path shared;
  private static Path data = Path.of(".");
  private static Path base = Path.of(".");

  @TempDir Path folder;

  @BeforeAll
  static void record() {
    TinyRecording made = TinyRecording.in(shared);
    data = made.data();
    base = made.base();
  }

  @Test
  void aFewKills() throws Exception {
    killed(3, 4, 1);
  }

  @Test
  @Tag("long")
  void twoHundredKills() throws Exception {
    killed(200, 40, 2);
  }

  /** What the kills hit. */
  private static final class Tally {
    int kills;
    int runs;
    int saving;
    int between;
    int second;
  }

  private void killed(int kills, int steps, long seed) throws Exception {
    Map<String, String> frozen = digests(base);
    Path whole = folder.resolve("whole");
    Tally tally = new Tally();
    // In a process of the same kind: bits depend on the number of threads of an operation.
    assertThat(live(whole, steps, null, tally)).isTrue();
    Map<String, String> wanted = digests(last(whole, 2 * steps));
    Random random = new Random(seed);
    while (tally.kills < kills) {
      Path run = folder.resolve("run" + tally.runs);
      boolean done = false;
      for (int life = 0; !done; life++) {
        assertThat(life).as("lives of a run").isLessThan(LIVES);
        done = live(run, steps, tally.kills < kills ? random : null, tally);
      }
      tally.runs++;
      assertThat(digests(last(run, 2 * steps))).as("run %d", tally.runs).isEqualTo(wanted);
    }
    assertThat(digests(base)).as("the policy").isEqualTo(frozen);
    System.out.printf(
        "kills: %d, runs: %d (inside a checkpoint: %d, between the stages: %d, in the second stage:"
            + " %d); all runs with the bits of the whole one%n",
        tally.kills, tally.runs, tally.saving, tally.between, tally.second);
    assertThat(tally.kills).isEqualTo(kills);
    if (kills >= 50) {
      assertThat(tally.saving).isPositive();
      assertThat(tally.between).isPositive();
      assertThat(tally.second).isPositive();
    }
  }

  /**
   * A life of a run.
   *
   * @param random decides where it ends; null lets it live
   * @return whether it came to the end of the training
   */
  private static boolean live(Path run, int steps, @Nullable Random random, Tally tally)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                // Lives are short: what starts quickly leaves more of them.
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                SceneTrainProgram.class.getName(),
                data.toString(),
                base.toString(),
                run.toString(),
                "" + steps,
                "" + SAVE)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    boolean done = false;
    boolean kill = false;
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      if (random != null && random.nextInt(12) == 0) {
        kill = !process.waitFor(random.nextInt(2000), TimeUnit.MILLISECONDS);
      }
      int left = random == null ? Integer.MAX_VALUE : 1 + random.nextInt(2 * SAVE + 1);
      boolean atSave = random != null && random.nextBoolean();
      for (String line = ""; !kill && line != null; line = lines.readLine()) {
        done |= line.equals("done");
        if (!line.startsWith("step ")) {
          continue;
        }
        int step = Integer.parseInt(line.substring(7));
        left--;
        boolean ends = line.startsWith("step 1") && step == steps;
        // A step is told right before its checkpoint is written.
        kill = random != null && (ends || (left <= 0 && (!atSave || step % SAVE == 0)));
        if (kill) {
          TimeUnit.MILLISECONDS.sleep(random == null ? 0 : random.nextInt(ends ? 400 : 60));
        }
      }
    } finally {
      if (kill) {
        process.destroyForcibly();
      }
      assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    }
    if (kill) {
      tally.kills++;
      look(run, steps, tally);
      return false;
    }
    assertThat(process.exitValue()).isZero();
    assertThat(done).isTrue();
    return true;
  }

  /** Where the run stands behind a kill. */
  private static void look(Path run, int steps, Tally tally) throws IOException {
    Path checkpoints = run.resolve("checkpoints");
    if (!Files.isDirectory(checkpoints)) {
      return;
    }
    int newest = 0;
    try (Stream<Path> files = Files.list(checkpoints)) {
      for (Path file : files.toList()) {
        String name = String.valueOf(file.getFileName());
        if (name.matches("\\d+")) {
          newest = Math.max(newest, Integer.parseInt(name));
        } else if (Files.isDirectory(file) && !name.equals("last")) {
          tally.saving++;
        }
      }
    }
    tally.between += newest == steps ? 1 : 0;
    tally.second += newest > steps ? 1 : 0;
  }

  private static Path last(Path run, int step) {
    return run.resolve("checkpoints/%06d".formatted(step));
  }

  private static void train(Path out, int steps, List<Stage> stages) throws IOException {
    boolean done =
        new SceneTrainer(
                SceneTrainProgram.options(data, base, out, steps, 1000, stages),
                TrainingListener.silent(() -> false))
            .run();
    assertThat(done).isTrue();
  }

  /** SHA-256 of each file with tensors below a folder. */
  private static Map<String, String> digests(Path root) throws IOException {
    Map<String, String> digests = new TreeMap<>();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".safetensors")).toList()) {
        digests.put(root.relativize(file).toString(), sha256(Files.readAllBytes(file)));
      }
    }
    assertThat(digests).isNotEmpty();
    return digests;
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new LinkageError("every Java has SHA-256", e);
    }
  }

  /** Of the plug-in, what the second stage freezes keeps the bits that the first gave it. */
  @Test
  void theSecondStageLeavesWhatItFreezes() throws IOException {
    int steps = 3;
    Path first = folder.resolve("first");
    train(first, steps, List.of(Stage.INSTANCES));
    Path both = folder.resolve("both");
    train(both, steps, List.of(Stage.INSTANCES, Stage.COMPLETION));
    Map<String, String> before = tensors(last(first, steps));
    Map<String, String> after = tensors(last(both, 2 * steps));
    assertThat(after.keySet()).isEqualTo(before.keySet());
    int frozen = 0;
    int changed = 0;
    for (Map.Entry<String, String> one : before.entrySet()) {
      boolean same = one.getValue().equals(after.get(one.getKey()));
      if (!Stage.COMPLETION.trains(one.getKey())) {
        assertThat(same).as(one.getKey()).isTrue();
        frozen++;
      } else {
        changed += same ? 0 : 1;
      }
    }
    assertThat(frozen).isGreaterThan(20);
    assertThat(changed).isGreaterThan(20);
  }

  private static Map<String, String> tensors(Path checkpoint) {
    return Scope.call(
        scope -> {
          Map<String, String> all = new TreeMap<>();
          try (Safetensors weights =
              Safetensors.open(checkpoint.resolve("pretrained_model/model.safetensors"))) {
            weights
                .specs()
                .keySet()
                .forEach(name -> all.put(name, sha256(weights.get(name).toBytes())));
          }
          return all;
        });
  }
}
