package io.github.vla3d.torch.probe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** Physical memory of this process, pages of mapped files included. */
public final class ResidentMemory {
  private static final Path STATUS = Path.of("/proc/self/status");

  private ResidentMemory() {}

  /** The most that it ever had at once, bytes; empty where the system does not tell. */
  public static OptionalLong peak() {
    return read("VmHWM:");
  }

  /** What it has now, bytes; empty where the system does not tell. */
  public static OptionalLong now() {
    return read("VmRSS:");
  }

  private static OptionalLong read(String key) {
    try (Stream<String> lines = Files.lines(STATUS)) {
      return lines
          .filter(line -> line.startsWith(key))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
          .findFirst();
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }
}
