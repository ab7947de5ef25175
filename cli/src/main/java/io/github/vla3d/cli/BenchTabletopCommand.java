package io.github.vla3d.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.vla3d.tabletop.TabletopSpeed;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code vla3d bench tabletop}: steps a second, and where the time goes. */
@Command(
    name = "tabletop",
    mixinStandardHelpOptions = true,
    description =
        "Measures the embedded benchmark: steps a second with two RGB-D views, on all cores and on"
            + " one, while the expert plays every task in turn.")
final class BenchTabletopCommand extends DocumentCommand {
  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "10",
      description = "Length of each measurement (default: ${DEFAULT-VALUE}).")
  private double seconds;

  @Option(
      names = "--size",
      paramLabel = "PIXELS",
      defaultValue = "128",
      description = "Of the pictures (default: ${DEFAULT-VALUE}).")
  private int size;

  BenchTabletopCommand(Output output) {
    super(output);
  }

  @Override
  public Integer call() {
    int cores = Runtime.getRuntime().availableProcessors();
    output.note("warming up, then measuring one core and %d ...", cores);
    TabletopSpeed.Report one = TabletopSpeed.measure(1, size, seconds);
    TabletopSpeed.Report all = TabletopSpeed.measure(cores, size, seconds);
    output.line("steps per second, %d cores  %8.0f", cores, all.stepsPerSecond());
    output.line("steps per second, one core  %8.0f", one.stepsPerSecond());
    output.line(
        "of the time of one core: physics %.0f %%, rendering %.0f %%, the rest %.0f %%",
        100 * one.physics(), 100 * one.rendering(), 100 * (1 - one.physics() - one.rendering()));
    output.json(
        new ObjectMapper()
            .createObjectNode()
            .put("size", size)
            .put("views", 2)
            .put("cores", cores)
            .put("steps_per_second", all.stepsPerSecond())
            .put("steps_per_second_one_core", one.stepsPerSecond())
            .put("share_physics", one.physics())
            .put("share_rendering", one.rendering()));
    return 0;
  }
}
