package io.github.vla3d.torch;

import static java.util.stream.Collectors.joining;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.Backend;
import org.bytedeco.pytorch.BroadcastOptions;
import org.bytedeco.pytorch.FileStore;
import org.bytedeco.pytorch.GlooDeviceVector;
import org.bytedeco.pytorch.ProcessGroupGloo;
import org.bytedeco.pytorch.StringVector;
import org.bytedeco.pytorch.TCPStore;
import org.bytedeco.pytorch.TCPStoreOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.Work;
import org.bytedeco.pytorch.global.torch_gloo;
import org.bytedeco.pytorch.global.torch_nccl;
import org.bytedeco.pytorch.nccl.ProcessGroupNCCL;
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

  /** Threads that carry out operations beside the computation. */
  private static final int GLOO_THREADS = 2;

  private final Rendezvous where;
  private final Device device;
  private final Timeouts timeouts;
  private org.bytedeco.pytorch.@Nullable Store store;
  private @Nullable Backend backend;
  private @Nullable TorchException broken;

  private ProcessGroup(Rendezvous where, Device device, Timeouts timeouts) {
    this.where = where;
    this.device = device;
    this.timeouts = timeouts;
  }

  /** A group of this process alone. */
  public static ProcessGroup single() {
    return new ProcessGroup(Rendezvous.loopback(0, 1, 1), Device.CPU, Timeouts.DEFAULT);
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
        .orElseGet(ProcessGroup::single);
  }

  /**
   * Waits until all processes have come.
   *
   * @param device CPU for Gloo, CUDA for NCCL: then it is the GPU that this process uses
   * @throws TorchException if they do not come in time (naming the missing ones) or cannot connect
   */
  public static ProcessGroup join(Rendezvous where, Device device, Timeouts timeouts) {
    Torch.start();
    ProcessGroup group = new ProcessGroup(where, device, timeouts);
    if (where.size() == 1) {
      return group;
    }
    try (PointerScope natives = new PointerScope()) {
      group.connect();
    } catch (RuntimeException e) {
      group.close();
      throw e;
    }
    return group;
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

  // ---------------------------------------------------------------------------------------
  // operations

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
    Backend open = backend;
    if (open == null) {
      throw new TorchException(where + ": " + name + ": the group is closed");
    }
    long start = System.nanoTime();
    try (PointerScope natives = new PointerScope()) {
      Work work =
          TorchException.guard(
              () -> operation.start(open, new TensorVector(tensor.raw().detach())));
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
      seen = "a peer did not answer within " + seconds(timeouts.operation());
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
                engine(e)),
            e);
    if (broken == null) {
      broken = clear;
    }
    return clear;
  }

  /** The engine's first line without the place in its sources. */
  private static String engine(TorchException e) {
    String message = String.valueOf(e.getMessage());
    return message.lines().findFirst().orElse("").replaceFirst("^\\[[^\\]]*:\\d+\\]\\s*", "");
  }

  private static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1e3);
  }

  // ---------------------------------------------------------------------------------------
  // connection

  private void connect() {
    org.bytedeco.pytorch.Store opened = attempt("meeting point", this::openStore);
    opened.retainReference();
    store = opened;
    awaitPeers(opened);
    Backend connected = attempt("connection", () -> device.isCuda() ? nccl(opened) : gloo(opened));
    connected.retainReference();
    backend = connected;
  }

  private org.bytedeco.pytorch.Store openStore() {
    Milliseconds timeout = new Milliseconds(timeouts.connection().toMillis());
    if (where.file().isPresent()) {
      FileStore opened = new FileStore(where.file().get().toString(), where.size());
      opened.setTimeout(timeout);
      return opened;
    }
    if (where.rank() != 0) {
      awaitListener();
    }
    TCPStoreOptions options = new TCPStoreOptions();
    options
        .port((short) where.port())
        .isServer(where.rank() == 0)
        .waitWorkers(false)
        .timeout(timeout);
    return new TCPStore(where.address(), options);
  }

  /** The store knows who has come; the backend would only say that somebody has not. */
  private void awaitPeers(org.bytedeco.pytorch.Store opened) {
    long end = System.nanoTime() + timeouts.connection().toNanos();
    List<Integer> missing = new ArrayList<>();
    try {
      opened.set(key(where.rank()), "here");
      for (int rank = 0; rank < where.size(); rank++) {
        missing.add(rank);
      }
      while (true) {
        missing.removeIf(rank -> opened.check(new StringVector(key(rank))));
        if (missing.isEmpty()) {
          return;
        }
        if (System.nanoTime() > end) {
          throw new TorchException(
              where
                  + ": waited "
                  + seconds(timeouts.connection())
                  + " for all processes; missing: "
                  + missing.stream().map(rank -> "rank " + rank).collect(joining(", ")));
        }
        pause();
      }
    } catch (TorchException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new TorchException(
          where + ": rank 0 ended while processes came together: " + engine(TorchException.of(e)),
          e);
    }
  }

  /** Waits until rank 0 listens: the engine's own attempts write pages to stderr. */
  private void awaitListener() {
    long end = System.nanoTime() + timeouts.connection().toNanos();
    while (true) {
      try (Socket socket = new Socket()) {
        long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        socket.connect(
            new InetSocketAddress(where.address(), where.port()), (int) Math.max(1, left));
        return;
      } catch (IOException e) {
        if (System.nanoTime() > end) {
          throw new TorchException(
              where
                  + ": rank 0 does not listen at "
                  + where.address()
                  + ":"
                  + where.port()
                  + " (waited "
                  + seconds(timeouts.connection())
                  + ", MASTER_ADDR and MASTER_PORT say so): "
                  + e.getMessage(),
              e);
        }
        pause();
      }
    }
  }

  private void pause() {
    try {
      Thread.sleep(20);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TorchException(where + ": interrupted while waiting for other processes", e);
    }
  }

  private static String key(int rank) {
    return "vla3d/rank/" + rank;
  }

  private Backend gloo(org.bytedeco.pytorch.Store opened) {
    Loader.load(torch_gloo.class);
    ProcessGroupGloo.Options options =
        ProcessGroupGloo.Options.create(new Milliseconds(timeouts.connection().toMillis()));
    options.devices(new GlooDeviceVector(ProcessGroupGloo.createDeviceForHostname(ownAddress())));
    options.threads(GLOO_THREADS);
    ProcessGroupGloo gloo = new ProcessGroupGloo(opened, where.rank(), where.size(), options);
    gloo.setTimeout(new Milliseconds(timeouts.operation().toMillis()));
    return gloo;
  }

  private Backend nccl(org.bytedeco.pytorch.Store opened) {
    Loader.load(torch_nccl.class);
    ProcessGroupNCCL.Options options = ProcessGroupNCCL.Options.create();
    options.timeout(new Milliseconds(timeouts.operation().toMillis()));
    ProcessGroupNCCL nccl = new ProcessGroupNCCL(opened, where.rank(), where.size(), options);
    nccl.setBoundDeviceId(new org.bytedeco.pytorch.DeviceOptional(device.raw()));
    return nccl;
  }

  /**
   * The address of this machine on the way to rank 0: loopback if rank 0 is there. Connecting a
   * datagram socket asks the routing table and sends nothing.
   */
  private String ownAddress() {
    try (DatagramSocket socket = new DatagramSocket()) {
      InetAddress master = InetAddress.getByName(where.address());
      if (master.isLoopbackAddress()) {
        return master.getHostAddress();
      }
      socket.connect(new InetSocketAddress(master, where.port()));
      return socket.getLocalAddress().getHostAddress();
    } catch (IOException e) {
      throw new TorchException(
          where + ": no way to MASTER_ADDR '" + where.address() + "': " + e.getMessage(), e);
    }
  }

  private <T> T attempt(String what, Supplier<T> body) {
    try {
      return body.get();
    } catch (TorchException e) {
      throw e;
    } catch (RuntimeException e) {
      String place =
          where.file().map(Object::toString).orElse(where.address() + ":" + where.port());
      throw new TorchException(
          where + ": no " + what + " at " + place + ": " + engine(TorchException.of(e)), e);
    } catch (UnsatisfiedLinkError e) {
      throw new TorchException(
          "this build of the engine has no "
              + (device.isCuda() ? "NCCL" : "Gloo")
              + " ("
              + e.getMessage()
              + ")",
          e);
    }
  }

  /** Closes the connections. Peers that still wait for this process see it as ended. */
  @Override
  public synchronized void close() {
    if (backend != null) {
      backend.releaseReference();
      backend = null;
    }
    if (store != null) {
      store.releaseReference();
      store = null;
    }
  }
}
