package io.github.vla3d.cli;

import io.github.vla3d.torch.distributed.ProcessLauncher;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vla3d launch}: data parallelism on this machine. */
@Command(
    name = "launch",
    mixinStandardHelpOptions = true,
    description = {
      "Runs a command in several processes that find each other and average their gradients.",
      "The command is one of vla3d's, or any program that reads RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT. On a"
          + " cluster let its own launcher (torchrun, Slurm) set these and start vla3d directly.",
      "Standard output is that of rank 0; the other ranks' goes to standard error behind [rank N]. The first process that"
          + " fails ends the others, and its status is the status."
    })
final class LaunchCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--processes",
      required = true,
      paramLabel = "N",
      description = "Number of processes.")
  private int processes;

  @Option(
      names = "--grace",
      defaultValue = "10",
      paramLabel = "SECONDS",
      description = "Time to end in good order before a process is killed (default: 10).")
  private long grace;

  @Parameters(
      paramLabel = "COMMAND",
      arity = "1..*",
      description = "What to run, behind --: 'vla3d launch --processes 2 -- train ...'")
  private List<String> command = new ArrayList<>();

  @Override
  public Integer call() throws InterruptedException {
    List<String> full = new ArrayList<>();
    if (spec.parent().subcommands().containsKey(command.get(0))) {
      // This program once more, whichever way it was started.
      full.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      full.addAll(options());
      full.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    }
    full.addAll(command);
    return new ProcessLauncher(processes, full, System.getenv(), Duration.ofSeconds(grace))
        .run(System.out, System.err)
        .status();
  }

  /** Heap, compilers and properties that this JVM was started with. */
  private static List<String> options() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> option.startsWith("-X") || option.startsWith("-D"))
        .toList();
  }
}
