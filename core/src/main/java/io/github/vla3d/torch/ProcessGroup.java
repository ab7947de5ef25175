package io.github.vla3d.torch;

import java.time.Duration;
import java.util.Locale;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Backend;
import org.bytedeco.pytorch.BroadcastOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.Work;
import org.jspecify.annotations.Nullable;

/**
 * The processes that train together, over the engine's own c10d: Gloo on the CPU, NCCL on CUDA.
 *
 * <p>All processes must call the same operations in the same order. A peer that has died or does
 * not come ends the waiting operation with one {@link TorchException} that names this rank and what
 * it saw, after {@link Timeouts#operation} at the latest; the group is then broken and every later
 * operation fails at once.
 *
 * <p>A group of one process opens nothing and its operations do nothing. With more, Gloo writes one
 * line to the standard output when it has connected; {@code ProcessLauncher} sends that elsewhere.
 *
 * <p>Tensors travel over loopback if rank 0 is on this machine, else over the interface that leads
 * to it. While a group is open that has met at a port, the engine listens at that port of rank 0 on
 * all interfaces; a group that has met through a file ({@link Rendezvous#file}) listens on none but
 * its own. Use this on networks that you trust: nothing is encrypted.
 *
 * <p>The NCCL side is written against the same interface but has not run on several GPUs yet.
 */
public final class ProcessGroup implements AutoCloseable {
  /**
   * How long to wait for peers.
   *
   * @param connection until all have come
   * @param operation until an operation that all take part in has ended
   */
  public record Timeouts(Duration connection, Duration operation) {
    /** 60 s to come, 5 minutes for an operation. */
    public static final Timeouts DEFAULT =
        new Timeouts(Duration.ofSeconds(60), Duration.ofMinutes(5));

    public Timeouts {
      if (connection.toMillis() < 1 || operation.toMillis() < 1) {
        throw new TorchException(
            "timeouts: wanted at least 1 ms each, got " + connection + " and " + operation);
      }
    }
  }

  private final Rendezvous where;
  private final Device device;
  private final Timeouts timeouts;
  private @Nullable PeerConnection connection;
  private @Nullable TorchException broken;

  private ProcessGroup(
      Rendezvous where, Device device, Timeouts timeouts, @Nullable PeerConnection connection) {
    this.where = where;
    this.device = device;
    this.timeouts = timeouts;
    this.connection = connection;
  }

  /** A group of this process alone. */
  public static ProcessGroup single(Device device) {
    return new ProcessGroup(Rendezvous.loopback(0, 1, 1), device, Timeouts.DEFAULT, null);
  }

  /** A group of this process alone, on the CPU. */
  public static ProcessGroup single() {
    return single(Device.CPU);
  }

  /**
   * The group that the environment describes (see {@link Rendezvous#from}); of this process alone
   * if it describes none.
   *
   * @param device CPU for Gloo, CUDA for NCCL: then it is the GPU that this process uses
   */
  public static ProcessGroup fromEnvironment(Device device) {
    return Rendezvous.from(System.getenv())
        .map(where -> join(where, device, Timeouts.DEFAULT))
        .orElseGet(() -> single(device));
  }

  /**
   * Waits until all processes have come.
   *
   * @param device CPU for Gloo, CUDA for NCCL: then it is the GPU that this process uses
   * @throws TorchException if they do not come in time (naming the missing ones) or cannot connect
   */
  public static ProcessGroup join(Rendezvous where, Device device, Timeouts timeouts) {
    Torch.start();
    PeerConnection connection =
        where.size() == 1 ? null : PeerConnection.open(where, device, timeouts);
    return new ProcessGroup(where, device, timeouts, connection);
  }

  public int rank() {
    return where.rank();
  }

  public int size() {
    return where.size();
  }

  /** Where the tensors of the operations must be. */
  public Device device() {
    return device;
  }

  // ---------------------------------------- operations

  /** An operation under way. */
  public final class Pending {
    private final String name;
    private final long start = System.nanoTime();
    private @Nullable Work work;

    private Pending(String name, @Nullable Work work) {
      this.name = name;
      this.work = work;
    }

    /** Whether it has ended, well or not: {@link #await} will not wait. */
    public synchronized boolean isDone() {
      return work == null || work.isCompleted();
    }

    /**
     * Waits for the end of the operation. Only then may its tensor be used again. (On CUDA the
     * current stream waits, not the caller.)
     *
     * @throws TorchException if it has failed
     */
    public synchronized void await() {
      Work waiting = work;
      if (waiting == null) {
        return;
      }
      work = null;
      try {
        TorchException.guard(waiting::_wait);
      } catch (TorchException e) {
        throw failed(name, start, e);
      } finally {
        waiting.releaseReference();
      }
    }
  }

  /**
   * Starts to replace the tensor by its sum over all processes, in place; the same bits everywhere.
   * Until {@link Pending#await} has returned, the tensor must be neither read nor written.
   *
   * @param tensor contiguous, of the same type and shape in all processes
   */
  public Pending allReduceAsync(Tensor tensor) {
    return start("all-reduce", tensor, (b, t) -> b.allreduce(t));
  }

  /** {@link #allReduceAsync} and waits. */
  public void allReduce(Tensor tensor) {
    allReduceAsync(tensor).await();
  }

  /**
   * Overwrites the tensor by that of one process.
   *
   * @param tensor contiguous, of the same type and shape in all processes
   */
  public void broadcast(Tensor tensor, int root) {
    if (root < 0 || root >= size()) {
      throw new TorchException(
          "broadcast: wanted a root of 0 to " + (size() - 1) + ", got " + root);
    }
    start(
            "broadcast",
            tensor,
            (b, t) -> b.broadcast(t, new BroadcastOptions().rootRank(root).rootTensor(0)))
        .await();
  }

  /**
   * The tensors of all processes, in the order of their ranks: [size, ...].
   *
   * @param tensor contiguous, of the same type and shape in all processes
   */
  public Tensor allGather(Tensor tensor) {
    long[] shape = new long[tensor.dim() + 1];
    shape[0] = size();
    System.arraycopy(tensor.shape(), 0, shape, 1, tensor.dim());
    Tensor all = Tensors.empty(tensor.dtype(), tensor.device(), shape);
    if (size() == 1) {
      return all.copy_(tensor.detach().unsqueeze(0));
    }
    start(
            "all-gather",
            tensor,
            (b, t) -> b._allgather_base(all.view(-1).raw(), tensor.detach().view(-1).raw()))
        .await();
    return all;
  }

  /** Waits until all processes are here. */
  public void barrier() {
    Scope.run(
        () -> {
          Tensor here = Tensors.zeros(DType.F32, device, 1);
          start("barrier", here, (b, t) -> b.allreduce(t)).await();
          here.item(); // on CUDA only this waits
        });
  }

  private interface Operation {
    Work start(Backend backend, TensorVector tensors);
  }

  private synchronized Pending start(String name, Tensor tensor, Operation operation) {
    if (!tensor.isContiguous()) {
      throw new TorchException(name + ": wanted a contiguous tensor, got " + tensor);
    }
    if (tensor.device().kind() != device.kind()) {
      throw new TorchException(name + ": wanted a tensor on " + device + ", got " + tensor);
    }
    if (size() == 1) {
      return new Pending(name, null);
    }
    if (broken != null) {
      throw new TorchException(
          where + ": " + name + ": the group broke before: " + broken.getMessage(), broken);
    }
    PeerConnection open = connection;
    if (open == null) {
      throw new TorchException(where + ": " + name + ": the group is closed");
    }
    long start = System.nanoTime();
    try (PointerScope natives = new PointerScope()) {
      Work work =
          TorchException.guard(
              () -> operation.start(open.backend(), new TensorVector(tensor.raw().detach())));
      work.retainReference();
      return new Pending(name, work);
    } catch (TorchException e) {
      throw failed(name, start, e);
    }
  }

  private synchronized TorchException failed(String name, long start, TorchException e) {
    String message = String.valueOf(e.getMessage());
    String lower = message.toLowerCase(Locale.ROOT);
    String seen;
    if (lower.contains("timeout") || lower.contains("timed out")) {
      seen = "a peer did not answer within " + PeerConnection.seconds(timeouts.operation());
    } else if (lower.contains("connection")
        || lower.contains("reset by peer")
        || lower.contains("broken pipe")) {
      seen = "a peer has ended or cannot be reached any more";
    } else {
      seen = "failed";
    }
    TorchException clear =
        new TorchException(
            String.format(
                Locale.ROOT,
                "%s: %s: %s (after %.1f s; engine: %s)",
                where,
                name,
                seen,
                (System.nanoTime() - start) / 1e9,
                PeerConnection.firstLine(e)),
            e);
    if (broken == null) {
      broken = clear;
    }
    return clear;
  }

  /** Closes the connections. Peers that still wait for this process see it as ended. */
  @Override
  public synchronized void close() {
    if (connection != null) {
      connection.close();
      connection = null;
    }
  }
}
