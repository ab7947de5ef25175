package io.github.vla3d.tabletop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.RepeatedTest;

/**
 * The first worlds of a process, made by several threads at once: the engine's native part sets
 * itself up then. In a process of its own, because that happens once.
 */
class FirstWorldsTest {
  private static final int THREADS = 4;

  /** Prints how many different beginnings one episode has. */
  public static final class Worlds {
    private Worlds() {}

    public static void main(String[] args) throws Exception {
      CyclicBarrier together = new CyclicBarrier(THREADS);
      ExecutorService pool = Executors.newFixedThreadPool(THREADS);
      List<Future<Tabletop.State>> states = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        states.add(
            pool.submit(
                () -> {
                  Tabletop table = new Tabletop(16);
                  together.await();
                  table.begin(Variant.nominal("bowl_next_to_mug", 1));
                  return table.save();
                }));
      }
      HashSet<Tabletop.State> different = new HashSet<>();
      for (Future<Tabletop.State> state : states) {
        different.add(state.get());
      }
      System.out.println(different.size());
      pool.shutdown();
    }
  }

  @RepeatedTest(2)
  void areTheSameOnAllThreads() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Worlds.class.getName())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    assertThat(said.strip()).isEqualTo("1");
  }
}
