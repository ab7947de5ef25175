package io.github.vla3d.torch;

import static java.util.stream.Collectors.joining;

import io.github.vla3d.torch.ProcessGroup.Timeouts;
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
import org.bytedeco.pytorch.FileStore;
import org.bytedeco.pytorch.GlooDeviceVector;
import org.bytedeco.pytorch.ProcessGroupGloo;
import org.bytedeco.pytorch.StringVector;
import org.bytedeco.pytorch.TCPStore;
import org.bytedeco.pytorch.TCPStoreOptions;
import org.bytedeco.pytorch.global.torch_gloo;
import org.bytedeco.pytorch.global.torch_nccl;
import org.bytedeco.pytorch.nccl.ProcessGroupNCCL;

/**
 * How processes come together: they meet at a store (a file, or a port of rank 0), wait there until
 * all have come, and connect to each other. Every wait is bounded and every failure is one line.
 */
final class PeerConnection implements AutoCloseable {
  /** Threads that carry out operations beside the computation. */
  private static final int GLOO_THREADS = 2;

  private final Rendezvous where;
  private final Device device;
  private final Timeouts timeouts;
  private final org.bytedeco.pytorch.Store store;
  private final Backend backend;

  private PeerConnection(Rendezvous where, Device device, Timeouts timeouts) {
    this.where = where;
    this.device = device;
    this.timeouts = timeouts;
    this.store = attempt("meeting point", this::openStore);
    awaitPeers(store);
    this.backend = attempt("connection", () -> device.isCuda() ? nccl(store) : gloo(store));
    store.retainReference();
    backend.retainReference();
  }

  static PeerConnection open(Rendezvous where, Device device, Timeouts timeouts) {
    try (PointerScope natives = new PointerScope()) {
      return new PeerConnection(where, device, timeouts);
    }
  }

  Backend backend() {
    return backend;
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
          where
              + ": rank 0 ended while processes came together: "
              + firstLine(TorchException.of(e)),
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
          where + ": no " + what + " at " + place + ": " + firstLine(TorchException.of(e)), e);
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

  /** The engine's first line without the place in its sources. */
  static String firstLine(TorchException e) {
    String message = String.valueOf(e.getMessage());
    return message.lines().findFirst().orElse("").replaceFirst("^\\[[^\\]]*:\\d+\\]\\s*", "");
  }

  static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1e3);
  }

  @Override
  public void close() {
    backend.releaseReference();
    store.releaseReference();
  }
}
