package io.github.vla3d.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.Episode;
import io.github.vla3d.datasets.Datasets;
import io.github.vla3d.datasets.lerobot.LeRobotWriter;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code vla3d import}: any known recording as a LeRobotDataset with calibrated depth. */
@Command(
    name = "import",
    mixinStandardHelpOptions = true,
    description = {
      "Converts recordings with their depth and cameras.",
      "Reads LeRobotDataset v2.1 and v3.0, LIBERO and RoboTwin HDF5, frozen scenes (scene_XX.npz), and folders of pictures,"
          + " depth and JSON. Pictures are stored upright; depth is rounded to a millimetre."
    })
final class ImportCommand extends DocumentCommand {
  private static final String LEROBOT_V3 = "lerobot-v3";

  @Parameters(paramLabel = "SOURCE", description = "File or folder with the recordings.")
  private Path source = Path.of(".");

  @Option(
      names = "--to",
      required = true,
      paramLabel = "FORMAT",
      description = "What to write: " + LEROBOT_V3 + ".")
  private String to = LEROBOT_V3;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Where to; must not exist yet, and exists only when all is written.")
  private Path out = Path.of(".");

  @Option(
      names = "--pictures",
      description = "Store colour as PNG in the table (lossless) and not as AV1 video.")
  private boolean pictures;

  @Option(
      names = "--robot",
      paramLabel = "NAME",
      defaultValue = "unknown",
      description = "robot_type of the data set (default: unknown).")
  private String robot = "unknown";

  ImportCommand(Output output) {
    super(output);
  }

  @Override
  public Integer call() {
    if (!to.equals(LEROBOT_V3)) {
      throw new IllegalArgumentException("--to: wanted " + LEROBOT_V3 + ", got '" + to + "'");
    }
    long frames = 0;
    int episodes;
    try (Dataset dataset = Datasets.open(source)) {
      episodes = dataset.size();
      for (int i = 0; i < episodes; i++) {
        frames += dataset.frames(i);
      }
      double rate = dataset.episode(0).framesPerSecond();
      try (LeRobotWriter writer =
              new LeRobotWriter(out, new LeRobotWriter.Options(rate, robot, !pictures));
          Progress progress = new Progress("import", "frames", frames)) {
        for (int i = 0; i < episodes; i++) {
          Episode episode = dataset.episode(i);
          writer.add(episode);
          progress.advance(episode.frames());
        }
        writer.finish();
      }
    }
    output.line("%s: %d episodes, %d frames as %s", out, episodes, frames, to);
    output.json(
        new ObjectMapper()
            .createObjectNode()
            .put("out", out.toString())
            .put("format", to)
            .put("episodes", episodes)
            .put("frames", frames));
    return 0;
  }
}
