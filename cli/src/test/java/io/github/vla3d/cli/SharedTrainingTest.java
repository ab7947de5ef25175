package io.github.vla3d.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.ProcessGroup;
import io.github.vla3d.torch.Rendezvous;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.io.Safetensors;
import io.github.vla3d.training.BaseOptions;
import io.github.vla3d.training.BaseTrainer;
import io.github.vla3d.training.TrainingListener;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two processes that share a training end where one alone does. */
class SharedTrainingTest {
  private static final double CLOSE = 1e-5;

  /** Seconds. */
  private static final int GRACE = 50;

  @TempDir static Path shared;
  @TempDir Path out;

  private static TinyRecording made = new TinyRecording(Path.of("."), Path.of("."));

  @BeforeAll
  static void record() {
    made = TinyRecording.in(shared);
  }

  /** Everything that changes how a batch is made and weighed. */
  private static Map<String, String> choices(String extent) {
    // Of the expert alone, what the frozen model makes of a frame is kept if pictures stay.
    boolean kept = extent.equals("expert");
    return Map.of(
        "base.extent", extent,
        "base.batch", "4",
        "base.accumulate", "2",
        "base.draws", "2",
        "base.average", "0.9",
        "base.grounding", "0.5",
        "base.shift", kept ? "0" : "2",
        "base.brightness", kept ? "0" : "0.1");
  }

  private BaseOptions options(String to, Map<String, String> choices) {
    return made.training(out.resolve(to + "-frames"), out.resolve(to), choices, 2);
  }

  /** Notes what it is told; wants to stop after so many questions. */
  private static final class Watcher implements TrainingListener {
    final List<Map<String, Double>> steps = new ArrayList<>();
    final List<String> notes = new ArrayList<>();
    private final int last;
    private int asked;

    Watcher(int last) {
      this.last = last;
    }

    @Override
    public void step(String stage, long step, Map<String, Double> values) {
      steps.add(values);
    }

    @Override
    public void note(String text) {
      notes.add(text);
    }

    @Override
    public boolean stop() {
      asked++;
      return asked >= last;
    }
  }

  private static Watcher alone(BaseOptions options) throws IOException {
    Watcher watcher = new Watcher(100);
    assertThat(new BaseTrainer(options, watcher).run()).isTrue();
    return watcher;
  }

  /** What the listener of rank 0 is told by two ranks on threads of this process. */
  private static Watcher together(BaseOptions options, int last) throws Exception {
    int port = freePort();
    List<Watcher> watchers = List.of(new Watcher(100), new Watcher(last));
    List<FutureTask<Boolean>> tasks = new ArrayList<>();
    for (int rank = 0; rank < 2; rank++) {
      Rendezvous where = Rendezvous.loopback(rank, 2, port);
      Watcher watcher = watchers.get(rank);
      FutureTask<Boolean> task =
          new FutureTask<>(
              () -> {
                try (ProcessGroup group =
                    ProcessGroup.join(where, Device.CPU, ProcessGroup.Timeouts.DEFAULT)) {
                  return new BaseTrainer(options, watcher, group).run();
                }
              });
      tasks.add(task);
      new Thread(task, "rank-" + rank).start();
    }
    for (FutureTask<Boolean> task : tasks) {
      assertThat(task.get()).isEqualTo(last == 100);
    }
    assertThat(watchers.get(1).steps).isEmpty();
    assertThat(watchers.get(1).notes).isEmpty();
    return watchers.get(0);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Losses, norms and rates, relative. */
  private static void assertClose(
      List<Map<String, Double>> wanted, List<Map<String, Double>> steps) {
    assertThat(steps).hasSameSizeAs(wanted);
    for (int i = 0; i < wanted.size(); i++) {
      Map<String, Double> values = steps.get(i);
      assertThat(values.keySet()).isEqualTo(wanted.get(i).keySet());
      wanted
          .get(i)
          .forEach(
              (name, value) -> {
                if (!name.startsWith("time.")) {
                  assertThat(values.get(name))
                      .as(name)
                      .isCloseTo(value, Offset.offset(CLOSE * Math.abs(value)));
                }
              });
    }
  }

  private Path checkpoint(String run) {
    return out.resolve(run).resolve("checkpoints/000006");
  }

  /**
   * What is trained, relative to each tensor's norm. What is added to the keys of all tokens alike
   * does nothing to attention: such a bias has no gradient but rounding, which AdamW makes large.
   */
  private void assertClose(String one, String two) {
    String trained = "training_state/weights.safetensors";
    Scope.run(
        () -> {
          try (Safetensors a = Safetensors.open(checkpoint(one).resolve(trained));
              Safetensors b = Safetensors.open(checkpoint(two).resolve(trained))) {
            assertThat(b.specs()).isEqualTo(a.specs()).isNotEmpty();
            for (String name : a.specs().keySet()) {
              Tensor wanted = a.get(name);
              double norm = name.endsWith("k_proj.bias") ? 1 : wanted.norm().item();
              assertThat(b.get(name).sub(wanted).norm().item())
                  .as(name)
                  .isLessThanOrEqualTo(CLOSE * norm);
            }
          }
        });
  }

  private void assertSameBits(String one, String two) throws IOException {
    Path a = checkpoint(one);
    try (Stream<Path> files = Files.walk(a)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".safetensors")).toList()) {
        Path name = a.relativize(file);
        assertThat(checkpoint(two).resolve(name)).as("" + name).hasSameBinaryContentAs(file);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"full", "expert", "lora"})
  void twoEndWhereOneDoes(String extent) throws Exception {
    Watcher one = alone(options("one", choices(extent)));
    Watcher two = together(options("two", choices(extent)), 100);
    assertThat(two.notes).isEqualTo(one.notes);
    assertClose(one.steps, two.steps);
    assertClose("one", "two");
  }

  /** Rank 1 alone is asked to stop: both do, and go on with the same bits; so may one alone. */
  @Test
  void goesOnWithTheSameBits() throws Exception {
    Map<String, String> choices = choices("full");
    together(options("whole", choices), 100);
    assertThat(together(options("parts", choices), 3).steps).hasSize(3);
    assertThat(together(options("parts", choices), 100).steps).hasSize(3);
    assertSameBits("whole", "parts");
    together(options("less", choices), 3);
    assertThat(alone(options("less", choices)).steps).hasSize(3);
    assertClose("whole", "less");
  }

  private List<String> arguments(String to, int batch) {
    return List.of(
        "train",
        "--stage=base",
        "--preset=test",
        "--data=" + made.data(),
        "--base=" + made.base(),
        "--out=" + out.resolve(to),
        "--frames=" + out.resolve(to + "-frames"),
        "--steps=6",
        "--save-every=2",
        "--threads=1",
        "--base.peak=1.0e-3",
        "--base.batch=" + batch,
        "--json");
  }

  private Program launched(List<String> arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of("launch", "--processes", "2", "--"));
    all.addAll(arguments);
    return Program.run(all.toArray(String[]::new));
  }

  /** Of all steps, without times. */
  private List<Map<String, Double>> losses(String run) throws IOException {
    List<Map<String, Double>> steps = new ArrayList<>();
    for (String row : Files.readAllLines(out.resolve(run).resolve("losses.csv"))) {
      String[] cells = row.split(",", -1);
      if (!cells[0].equals("base") || cells[2].startsWith("time.")) {
        continue;
      }
      int step = Integer.parseInt(cells[1]);
      if (step > steps.size()) {
        steps.add(new HashMap<>());
      }
      assertThat(steps.get(step - 1).put(cells[2], Double.valueOf(cells[3]))).as(row).isNull();
    }
    return steps;
  }

  @Test
  void theProgramDoesSo() throws Exception {
    Program one = Program.run(arguments("one", 4).toArray(String[]::new));
    assertThat(one.status()).as(one.err()).isZero();
    Program two = launched(arguments("two", 4));
    assertThat(two.status()).as(two.err()).isZero();
    assertThat(losses("one")).hasSize(6);
    assertClose(losses("one"), losses("two"));
    assertClose("one", "two");
    assertThat(new ObjectMapper().readTree(two.out()).get("done").asBoolean()).isTrue();
    assertThat(two.err()).doesNotContain("[rank 1] train:").contains("[rank 0] train:");
  }

  /** In time: each must end by itself when it has cleared up, and rank 0 must have saved. */
  @Test
  void whoIsToldToEndSavesFirst() throws Exception {
    List<String> arguments =
        new ArrayList<>(List.of("launch", "--processes=2", "--grace=" + GRACE, "--"));
    arguments.addAll(arguments("two", 4));
    arguments.replaceAll(a -> a.startsWith("--steps=") ? "--steps=100000" : a);
    arguments.replaceAll(a -> a.startsWith("--save-every=") ? "--save-every=100000" : a);
    Path err = out.resolve("err");
    Process launcher =
        new ProcessBuilder(Program.command(arguments.toArray(String[]::new)))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(err.toFile())
            .start();
    try {
      Path losses = out.resolve("two/losses.csv");
      while (!Files.exists(losses) || losses("two").size() < 2) {
        assertThat(launcher.isAlive()).as(Files.readString(err)).isTrue();
        TimeUnit.MILLISECONDS.sleep(50);
      }
      launcher.destroy();
      assertThat(launcher.waitFor(GRACE / 2, TimeUnit.SECONDS)).isTrue();
    } finally {
      launcher.destroyForcibly();
    }
    Path checkpoint = out.resolve("two/checkpoints/%06d".formatted(losses("two").size()));
    assertThat(checkpoint).as(Files.readString(err)).isDirectory();
  }

  @Test
  void aBatchThatCannotBeSharedEvenlyIsAnError() throws Exception {
    Program two = launched(arguments("two", 3));
    assertThat(two.status()).isEqualTo(1);
    assertThat(two.err())
        .containsOnlyOnce("wanted a base.batch that 2 processes share evenly, got 3");
    assertThat(out.resolve("two/checkpoints")).doesNotExist();
  }

  @Test
  void theStagesOfThePluginAreRefused() throws Exception {
    List<String> arguments = new ArrayList<>(arguments("two", 4));
    arguments.set(1, "--stage=1");
    Program two = launched(arguments.stream().filter(a -> !a.startsWith("--base.")).toList());
    assertThat(two.status()).isEqualTo(1);
    assertThat(two.err()).contains("several processes train base only, got 1 in 2 processes");
  }
}
