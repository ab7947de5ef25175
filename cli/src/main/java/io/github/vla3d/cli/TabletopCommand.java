package io.github.vla3d.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vla3d tabletop}: the embedded benchmark. */
@Command(
    name = "tabletop",
    mixinStandardHelpOptions = true,
    description = "The embedded benchmark: a table, a gripper, cameras and tasks.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {TabletopPlayCommand.class, TabletopRecordCommand.class})
final class TabletopCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "name what to do: play or record");
  }
}
