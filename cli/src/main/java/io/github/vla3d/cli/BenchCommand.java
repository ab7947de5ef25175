package io.github.vla3d.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vla3d bench}: measures one part. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description = "Measures one part of the program.",
    synopsisSubcommandLabel = "PART",
    subcommands = {
      BenchEngineCommand.class,
      BenchLabelCommand.class,
      BenchLoaderCommand.class,
      BenchPiCommand.Pi0.class,
      BenchPiCommand.Pi05.class,
      BenchSceneCommand.class,
      BenchTabletopCommand.class,
      BenchTrainCommand.class
    })
final class BenchCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "name what to measure");
  }
}
