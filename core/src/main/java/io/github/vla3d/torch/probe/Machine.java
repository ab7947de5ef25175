package io.github.vla3d.torch.probe;

import io.github.vla3d.torch.Torch;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a program can see of the machine that it runs on.
 *
 * @param processor model name, or the architecture where the system does not tell
 * @param cores processors that the JVM may use
 * @param memoryGib physical memory, GiB
 * @param load running processes over the last minute; negative where the system does not tell
 * @param java version and vendor of the JVM
 * @param system operating system and architecture
 * @param devices names for {@link io.github.vla3d.torch.Device#parse}
 */
public record Machine(
    String processor,
    int cores,
    double memoryGib,
    double load,
    String java,
    String system,
    List<String> devices) {
  private static final double GIB = 1L << 30;

  public Machine {
    devices = List.copyOf(devices);
  }

  /** How bad a finding is. */
  public enum Severity {
    /** Worth knowing. */
    NOTE,
    /** Works, but slower or less exactly than it could. */
    WARN,
    /** Does not work. */
    FAULT
  }

  /** Something found, and what to do about it. */
  public record Finding(Severity severity, String what, String remedy) {}

  /** Looks at this machine. */
  public static Machine look() {
    var system = ManagementFactory.getOperatingSystemMXBean();
    double memory =
        system instanceof com.sun.management.OperatingSystemMXBean sun
            ? sun.getTotalMemorySize() / GIB
            : Double.NaN;
    List<String> devices = new ArrayList<>(List.of("cpu"));
    for (int i = 0; i < Torch.cudaDevices(); i++) {
      devices.add("cuda:" + i);
    }
    return new Machine(
        processorName(),
        Runtime.getRuntime().availableProcessors(),
        memory,
        system.getSystemLoadAverage(),
        Runtime.version() + " (" + System.getProperty("java.vm.vendor") + ")",
        System.getProperty("os.name") + " " + System.getProperty("os.arch"),
        devices);
  }

  private static String processorName() {
    Path info = Path.of("/proc/cpuinfo");
    if (Files.isReadable(info)) {
      try (Stream<String> lines = Files.lines(info)) {
        return lines
            .filter(line -> line.startsWith("model name"))
            .map(line -> line.substring(line.indexOf(':') + 1).strip())
            .findFirst()
            .orElse(System.getProperty("os.arch"));
      } catch (IOException e) {
        return System.getProperty("os.arch"); // only a label
      }
    }
    return System.getProperty("os.arch");
  }

  /** Judges the machine by its facts and by what was measured on it. */
  public List<Finding> findings(EngineProbe.Report speed) {
    List<Finding> findings = new ArrayList<>();
    if (load > cores * 0.5 + 1) {
      findings.add(
          new Finding(
              Severity.WARN,
              String.format(
                  "other work keeps the machine busy (load %.1f on %d cores)", load, cores),
              "measure again when it is idle; the numbers above are too low"));
    }
    if (Torch.threads() < cores) {
      findings.add(
          new Finding(
              Severity.NOTE,
              "an operation uses " + Torch.threads() + " threads of " + cores + " processors",
              "right if they are hyper-threads; otherwise look for OMP_NUM_THREADS in the environment"));
    }
    for (String name : List.of("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")) {
      String value = System.getenv(name);
      if (value != null) {
        findings.add(
            new Finding(
                Severity.NOTE,
                name + "=" + value + " is set",
                "it is not needed here; unset it unless something else wants it"));
      }
    }
    if (speed.bf16GemmGflops() < 1.2 * speed.fp32GemmGflops()) {
      findings.add(
          new Finding(
              Severity.NOTE,
              "bf16 is not faster than fp32 on this processor",
              "run policies with --dtype fp32 where memory allows"));
    }
    if (speed.smallOperationMicros() > 20) {
      findings.add(
          new Finding(
              Severity.WARN,
              String.format(
                  "a small operation takes %.0f us (usual: 1 to 5)", speed.smallOperationMicros()),
              "thread pools fight over the cores: look for other work and for OMP_ variables"));
    }
    if (cores > 1 && speed.scaling() < 1.3) {
      findings.add(
          new Finding(
              Severity.WARN,
              String.format("two threads infer only %.2f times as fast as one", speed.scaling()),
              "the cores are busy, or are two threads of one core"));
    }
    if (memoryGib < 8) {
      findings.add(
          new Finding(
              Severity.WARN,
              String.format("%.1f GiB of memory", memoryGib),
              "pi0 and pi0.5 in bf16 need 8 GiB; the tiny presets run"));
    }
    if (Torch.cudaDevices() == 0 && Files.exists(Path.of("/dev/nvidia0"))) {
      findings.add(
          new Finding(
              Severity.WARN,
              "there is a GPU, but the engine cannot use it",
              "build with the profile cuda (see the README); it needs CUDA 13 with cuDNN and NCCL"));
    }
    return findings;
  }
}
