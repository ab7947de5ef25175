package io.github.vla3d.torch.distributed;

import io.github.vla3d.torch.TorchException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Processes that end together. Once they have been ended, no more are started. */
final class Children {
  private final Duration grace;
  private final List<Process> children = new ArrayList<>();
  private boolean ended;

  /**
   * @param grace time between the request to end (SIGTERM) and the kill
   */
  Children(Duration grace) {
    this.grace = grace;
  }

  /**
   * Starts a process with nothing on its standard input.
   *
   * @throws TorchException if it cannot be started
   */
  synchronized Process start(ProcessBuilder builder) {
    String program = builder.command().get(0);
    if (ended) {
      throw new TorchException("launch: told to end before '" + program + "' was started");
    }
    try {
      Process child = builder.start();
      children.add(child);
      child.getOutputStream().close();
      return child;
    } catch (IOException e) {
      throw new TorchException("launch: cannot start '" + program + "': " + e.getMessage(), e);
    }
  }

  /** Asks all that live and their descendants to end, and kills those that do not in time. */
  synchronized void end() {
    ended = true;
    List<ProcessHandle> living = new ArrayList<>();
    for (Process child : children) {
      child.descendants().forEach(living::add);
      if (child.isAlive()) {
        living.add(child.toHandle());
      }
    }
    living.forEach(ProcessHandle::destroy);
    long deadline = System.nanoTime() + grace.toNanos();
    for (ProcessHandle handle : living) {
      try {
        handle.onExit().get(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        handle.destroyForcibly();
      } catch (ExecutionException e) {
        throw new TorchException("launch: lost sight of process " + handle.pid(), e);
      } catch (InterruptedException e) {
        living.forEach(ProcessHandle::destroyForcibly);
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
