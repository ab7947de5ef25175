package io.github.vla3d.cli;

import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** Entry point of {@code vla3d}. */
@Command(
    name = "vla3d",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    description =
        "3DVLA for the JVM: 3D space, instances and occlusion for pretrained VLA policies.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      DoctorCommand.class,
      InspectCommand.class,
      VerifyCommand.class,
      LaunchCommand.class,
      ImportCommand.class,
      NormStatsCommand.class,
      LabelCommand.class,
      TrainCommand.class,
      ViewCommand.class,
      ActCommand.class,
      EvalCommand.class,
      DemoCommand.class,
      SceneCommand.class,
      ProbesCommand.class,
      TabletopCommand.class,
      BenchCommand.class,
      ExportCommand.class,
    })
public final class Main implements Runnable {
  @Spec private CommandSpec spec;

  /**
   * Runs the program and exits: 0 on success only, 1 if something failed, 2 if the command line is
   * wrong.
   */
  public static void main(String[] args) {
    Output output = Output.claim(args);
    int status = run(output, args);
    if (!Interruption.isEnding()) {
      System.exit(status);
    }
  }

  static int run(Output output, String... args) {
    return create(output).execute(args);
  }

  static CommandLine create(Output output) {
    return new CommandLine(new Main(), factory(output))
        .setParameterExceptionHandler((e, args) -> misuse(output, e))
        .setExecutionExceptionHandler((e, command, result) -> output.failure(e))
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setUsageHelpAutoWidth(true);
  }

  /**
   * What is wrong with a command line, in a line or two: below the list of all options nobody would
   * see it.
   */
  private static int misuse(Output output, ParameterException e) {
    output.note("vla3d: %s", String.valueOf(e.getMessage()));
    if (e instanceof UnmatchedArgumentException unmatched
        && !unmatched.getSuggestions().isEmpty()) {
      output.note("did you mean %s?", String.join(", ", unmatched.getSuggestions()));
    }
    CommandSpec command = e.getCommandLine().getCommandSpec();
    if (command.subcommands().isEmpty()) {
      output.note("'%s --help' tells its options", command.qualifiedName());
    } else {
      output.note("%s", e.getCommandLine().getUsageMessage());
    }
    return command.exitCodeOnInvalidInput();
  }

  /** Gives commands the output that they declare as their only constructor argument. */
  private static CommandLine.IFactory factory(Output output) {
    CommandLine.IFactory fallback = CommandLine.defaultFactory();
    return new CommandLine.IFactory() {
      @Override
      public <K> K create(Class<K> type) throws Exception {
        for (var constructor : type.getDeclaredConstructors()) {
          if (List.of(constructor.getParameterTypes()).equals(List.of(Output.class))) {
            return type.cast(constructor.newInstance(output));
          }
        }
        return fallback.create(type);
      }
    };
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "name a command");
  }

  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Main.class.getPackage().getImplementationVersion();
      return new String[] {"vla3d " + (version == null ? "(development)" : version)};
    }
  }
}
