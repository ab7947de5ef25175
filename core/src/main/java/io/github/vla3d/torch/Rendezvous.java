package io.github.vla3d.torch;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Where the processes of one training run find each other, and which of them this one is.
 *
 * @param rank number of this process, 0 to size - 1
 * @param size number of processes in all
 * @param localRank number of this process on its machine: the number of its GPU
 * @param address host name or address of the machine of rank 0
 * @param port TCP port on which rank 0 listens
 * @param file if given, the processes share one machine and meet through this file instead of the
 *     port; it must not be left over from an earlier run
 */
public record Rendezvous(
    int rank, int size, int localRank, String address, int port, Optional<Path> file) {

  /** Environment variable with {@link #file}: set by our launcher, so that no port is opened. */
  public static final String FILE_VARIABLE = "VLA3D_RENDEZVOUS_FILE";

  private static final int MOST = 65_536;

  public Rendezvous {
    if (size < 1 || size > MOST) {
      throw new TorchException("WORLD_SIZE: wanted 1 to " + MOST + ", got " + size);
    }
    if (rank < 0 || rank >= size) {
      throw new TorchException(
          "RANK: wanted 0 to WORLD_SIZE - 1 = " + (size - 1) + ", got " + rank);
    }
    if (localRank < 0 || localRank > rank) {
      throw new TorchException("LOCAL_RANK: wanted 0 to RANK = " + rank + ", got " + localRank);
    }
    if (address.isBlank()) {
      throw new TorchException("MASTER_ADDR: wanted a host name or address, got nothing");
    }
    if (port < 1 || port > 65_535) {
      throw new TorchException("MASTER_PORT: wanted 1 to 65535, got " + port);
    }
  }

  /** One process among several on this machine, which meet at a port of the loopback interface. */
  public static Rendezvous loopback(int rank, int size, int port) {
    return new Rendezvous(rank, size, rank, "127.0.0.1", port, Optional.empty());
  }

  /**
   * Reads the variables that torchrun, our launcher and cluster schedulers set: RANK, WORLD_SIZE,
   * LOCAL_RANK (default: RANK), MASTER_ADDR (default: loopback), MASTER_PORT.
   *
   * @return empty if neither RANK nor WORLD_SIZE is set: a plain start of one process
   * @throws TorchException if a variable is missing or makes no sense
   */
  public static Optional<Rendezvous> from(Map<String, String> environment) {
    if (!environment.containsKey("RANK") && !environment.containsKey("WORLD_SIZE")) {
      return Optional.empty();
    }
    int rank = number(environment, "RANK");
    return Optional.of(
        new Rendezvous(
            rank,
            number(environment, "WORLD_SIZE"),
            environment.containsKey("LOCAL_RANK") ? number(environment, "LOCAL_RANK") : rank,
            environment.getOrDefault("MASTER_ADDR", "127.0.0.1"),
            number(environment, "MASTER_PORT"),
            Optional.ofNullable(environment.get(FILE_VARIABLE)).map(Path::of)));
  }

  private static int number(Map<String, String> environment, String name) {
    String text = environment.get(name);
    if (text == null) {
      throw new TorchException(
          name + " is not set: RANK, WORLD_SIZE and MASTER_PORT belong together");
    }
    try {
      return Integer.parseInt(text.strip());
    } catch (NumberFormatException e) {
      throw new TorchException(name + ": wanted a number, got '" + text + "'", e);
    }
  }

  @Override
  public String toString() {
    return "rank " + rank + " of " + size;
  }
}
