package io.github.vla3d.torch.distributed;

import io.github.vla3d.torch.Rendezvous;
import io.github.vla3d.torch.TorchException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Starts one command several times on this machine, as the ranks of one {@link
 * io.github.vla3d.torch.ProcessGroup}, and ends them all as soon as one fails.
 *
 * <p>Each child gets RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE, MASTER_ADDR (loopback),
 * MASTER_PORT and {@link Rendezvous#FILE_VARIABLE}; OMP_NUM_THREADS divides the processors among
 * them unless it is set already. The standard output of rank 0 stays as it is; every other line
 * goes to the error stream behind {@code [rank N]}. If this JVM is told to end (Ctrl-C, SIGTERM),
 * the children end before it.
 */
public final class ProcessLauncher {
  private static final int MOST = 1024;

  private final int processes;
  private final List<String> command;
  private final Map<String, String> environment;
  private final Duration grace;

  /**
   * How it ended.
   *
   * @param rank rank of the first process that failed; -1 if none did
   * @param status its exit status (128 + signal if a signal ended it); 0 if none failed
   */
  public record Outcome(int rank, int status) {
    static final Outcome SUCCESS = new Outcome(-1, 0);

    public boolean failed() {
      return rank >= 0;
    }
  }

  private record Exit(int rank, int status) {}

  /**
   * @param processes number of processes, 1 to 1024
   * @param command program and arguments
   * @param environment variables of the children, as a rule {@link System#getenv()}
   * @param grace time between the request to end (SIGTERM) and the kill
   */
  public ProcessLauncher(
      int processes, List<String> command, Map<String, String> environment, Duration grace) {
    if (processes < 1 || processes > MOST) {
      throw new TorchException("processes: wanted 1 to " + MOST + ", got " + processes);
    }
    if (command.isEmpty()) {
      throw new TorchException("launch: no command given");
    }
    this.processes = processes;
    this.command = List.copyOf(command);
    this.environment = Map.copyOf(environment);
    this.grace = grace;
  }

  /**
   * Starts the processes and waits until all have ended.
   *
   * @param out receives the standard output of rank 0
   * @param err receives everything else, and one line about the first failure
   * @throws TorchException if the command cannot be started
   */
  public Outcome run(OutputStream out, OutputStream err) throws InterruptedException {
    Path folder = meetingFolder();
    Children children = new Children(grace);
    Thread hook = new Thread(children::end, "launcher-end");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      BlockingQueue<Exit> exits = new LinkedBlockingQueue<>();
      List<Thread> copies = new ArrayList<>();
      int port = freePort();
      for (int rank = 0; rank < processes; rank++) {
        Process child = children.start(builder(rank, port, folder.resolve("rendezvous")));
        copies.addAll(copy(child, rank, out, err));
        int id = rank;
        child.onExit().thenAccept(ended -> exits.add(new Exit(id, ended.exitValue())));
      }
      Outcome outcome = await(exits, children, err);
      for (Thread copy : copies) {
        copy.join(grace.toMillis() + 1); // a grandchild may hold the pipe open for ever
      }
      return outcome;
    } finally {
      children.end();
      forget(hook);
      delete(folder);
    }
  }

  private Outcome await(BlockingQueue<Exit> exits, Children children, OutputStream err)
      throws InterruptedException {
    Outcome outcome = Outcome.SUCCESS;
    for (int ended = 0; ended < processes; ended++) {
      Exit exit = exits.take();
      if (exit.status() != 0 && !outcome.failed()) {
        outcome = new Outcome(exit.rank(), exit.status());
        say(
            err,
            "launch: rank "
                + exit.rank()
                + " of "
                + processes
                + " ended with status "
                + exit.status()
                + signal(exit.status())
                + (processes > 1 ? "; ending the others" : ""));
        children.end();
      }
    }
    return outcome;
  }

  private ProcessBuilder builder(int rank, int port, Path file) {
    ProcessBuilder builder = new ProcessBuilder(command);
    Map<String, String> variables = builder.environment();
    variables.clear();
    variables.putAll(environment);
    variables.put("RANK", Integer.toString(rank));
    variables.put("WORLD_SIZE", Integer.toString(processes));
    variables.put("LOCAL_RANK", Integer.toString(rank));
    variables.put("LOCAL_WORLD_SIZE", Integer.toString(processes));
    variables.put("MASTER_ADDR", "127.0.0.1");
    variables.put("MASTER_PORT", Integer.toString(port));
    variables.put(Rendezvous.FILE_VARIABLE, file.toString());
    variables.putIfAbsent(
        "OMP_NUM_THREADS",
        Integer.toString(Math.max(1, Runtime.getRuntime().availableProcessors() / processes)));
    return builder;
  }

  private static List<Thread> copy(Process child, int rank, OutputStream out, OutputStream err) {
    String prefix = "[rank " + rank + "] ";
    List<Thread> threads =
        List.of(
            rank == 0
                ? new Thread(new GlooLineFilter(child.getInputStream(), out, err), "launcher-out-0")
                : new Thread(
                    new LinePrefixer(child.getInputStream(), err, prefix), "launcher-out-" + rank),
            new Thread(
                new LinePrefixer(child.getErrorStream(), err, prefix), "launcher-err-" + rank));
    for (Thread thread : threads) {
      thread.setDaemon(true);
      thread.start();
    }
    return threads;
  }

  private static String signal(int status) {
    return status > 128 && status < 160 ? " (signal " + (status - 128) + ")" : "";
  }

  private static void say(OutputStream err, String line) {
    byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
    synchronized (err) {
      try {
        err.write(bytes);
        err.flush();
      } catch (IOException e) {
        // Nobody reads any more; the exit status still tells.
      }
    }
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new TorchException("launch: no free port on the loopback interface", e);
    }
  }

  private static Path meetingFolder() {
    try {
      return Files.createTempDirectory("vla3d-launch-"); // readable by this user only
    } catch (IOException e) {
      throw new TorchException("launch: no temporary folder: " + e.getMessage(), e);
    }
  }

  private static void delete(Path folder) {
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.deleteIfExists(file);
      }
      Files.delete(folder);
    } catch (IOException e) {
      // An empty folder in the temporary folder of the system is no reason to fail.
    }
  }

  private static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM is ending: the hook runs, or has run.
    }
  }
}
