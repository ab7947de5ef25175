package io.github.vla3d.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.vla3d.torch.Device;
import io.github.vla3d.torch.ProcessGroup;
import io.github.vla3d.torch.Rendezvous;
import io.github.vla3d.torch.Scope;
import io.github.vla3d.torch.Tensor;
import io.github.vla3d.torch.io.Safetensors;
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
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;

/** A training in one process and in two, and how far apart they end. */
final class SharedRuns {
  /** Relative. */
  static final double CLOSE = 1e-5;

  /** Questions after which a watcher never wants to stop. */
  static final int NEVER = 100;

  private SharedRuns() {}

  /** Trains in a group; true if all is done. */
  interface Trainer {
    boolean run(TrainingListener listener, ProcessGroup group) throws IOException;
  }

  /** Notes what it is told; wants to stop after so many questions. */
  static final class Watcher implements TrainingListener {
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

  /** Runs the program's command in two processes. */
  static Program launched(List<String> arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of("launch", "--processes", "2", "--"));
    all.addAll(arguments);
    return Program.run(all.toArray(String[]::new));
  }

  /** What the listener is told by one process. */
  static Watcher alone(Trainer trainer) throws IOException {
    Watcher watcher = new Watcher(NEVER);
    assertThat(trainer.run(watcher, ProcessGroup.single())).isTrue();
    return watcher;
  }

  /**
   * What the listener of rank 0 is told by two ranks on threads of this process.
   *
   * @param last questions after which rank 1 wants to stop
   */
  static Watcher together(Trainer trainer, int last) throws Exception {
    int port = freePort();
    List<Watcher> watchers = List.of(new Watcher(NEVER), new Watcher(last));
    List<FutureTask<Boolean>> tasks = new ArrayList<>();
    for (int rank = 0; rank < 2; rank++) {
      Rendezvous where = Rendezvous.loopback(rank, 2, port);
      Watcher watcher = watchers.get(rank);
      FutureTask<Boolean> task =
          new FutureTask<>(
              () -> {
                try (ProcessGroup group =
                    ProcessGroup.join(where, Device.CPU, ProcessGroup.Timeouts.DEFAULT)) {
                  return trainer.run(watcher, group);
                }
              });
      tasks.add(task);
      new Thread(task, "rank-" + rank).start();
    }
    for (FutureTask<Boolean> task : tasks) {
      assertThat(task.get()).isEqualTo(last == NEVER);
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
  static void assertClose(List<Map<String, Double>> wanted, List<Map<String, Double>> steps) {
    assertThat(steps).hasSameSizeAs(wanted);
    for (int i = 0; i < wanted.size(); i++) {
      Map<String, Double> values = steps.get(i);
      assertThat(values.keySet()).isEqualTo(wanted.get(i).keySet());
      int step = i;
      wanted
          .get(i)
          .forEach(
              (name, value) -> {
                if (!name.startsWith("time.")) {
                  assertThat(values.get(name))
                      .as("%s of step %d", name, step)
                      .isCloseTo(value, Offset.offset(CLOSE * size(name, value)));
                }
              });
    }
  }

  /** Of what was rounded: of 1 less a cosine that is about 1, the cosine. */
  private static double size(String name, double value) {
    return name.equals("ssl.cos") ? Math.abs(1 - value) : Math.abs(value);
  }

  /**
   * The tensors of two files, relative to each one's norm.
   *
   * @param noGradient tensors whose gradient is rounding alone, which AdamW makes large: they may
   *     be so far apart in all
   */
  static void assertClose(Path wanted, Path got, Predicate<String> noGradient) {
    Scope.run(
        () -> {
          try (Safetensors a = Safetensors.open(wanted);
              Safetensors b = Safetensors.open(got)) {
            assertThat(b.specs()).isEqualTo(a.specs()).isNotEmpty();
            Map<String, Double> apart = new HashMap<>();
            for (String name : a.specs().keySet()) {
              Tensor tensor = a.get(name);
              double norm = noGradient.test(name) ? 1 : tensor.norm().item();
              double distance = b.get(name).sub(tensor).norm().item();
              if (!(distance <= CLOSE * norm)) {
                apart.put(name, distance / norm);
              }
            }
            assertThat(apart).as("" + wanted.getFileName()).isEmpty();
          }
        });
  }

  /** All tensors of two checkpoints. */
  static void assertSameBits(Path a, Path b) throws IOException {
    try (Stream<Path> files = Files.walk(a)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".safetensors")).toList()) {
        Path name = a.relativize(file);
        assertThat(b.resolve(name)).as("" + name).hasSameBinaryContentAs(file);
      }
    }
  }

  /** Of all steps of a stage as the program wrote them down, without times. */
  static List<Map<String, Double>> losses(Path run, String stage) throws IOException {
    List<Map<String, Double>> steps = new ArrayList<>();
    for (String row : Files.readAllLines(run.resolve("losses.csv"))) {
      String[] cells = row.split(",", -1);
      if (!cells[0].equals(stage) || cells[2].startsWith("time.")) {
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
}
