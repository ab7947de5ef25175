package io.github.vla3d.torch;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Function;

/** Runs the ranks of a process group as threads of this JVM. */
public final class Ranks {
  public static final ProcessGroup.Timeouts SHORT =
      new ProcessGroup.Timeouts(Duration.ofSeconds(20), Duration.ofSeconds(20));

  private Ranks() {}

  /** The results of the ranks in their order; the first exception of a rank is thrown. */
  public static <T> List<T> run(int size, Function<ProcessGroup, T> body) {
    int port = freePort();
    List<FutureTask<T>> tasks = new ArrayList<>();
    for (int rank = 0; rank < size; rank++) {
      Rendezvous where = Rendezvous.loopback(rank, size, port);
      FutureTask<T> task =
          new FutureTask<>(
              () -> {
                try (ProcessGroup group = ProcessGroup.join(where, Device.CPU, SHORT)) {
                  return Scope.call(
                      scope -> {
                        T result = body.apply(group);
                        group.barrier();
                        return result;
                      });
                }
              });
      tasks.add(task);
      new Thread(task, "rank-" + rank).start();
    }
    List<T> results = new ArrayList<>();
    for (FutureTask<T> task : tasks) {
      try {
        results.add(task.get());
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      } catch (ExecutionException e) {
        if (e.getCause() instanceof RuntimeException cause) {
          throw cause;
        }
        throw new AssertionError(e.getCause());
      }
    }
    return results;
  }

  /** A port of the loopback interface that nobody listens on at the moment. */
  public static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
