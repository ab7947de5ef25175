package io.github.vla3d.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.github.vla3d.data.ActionChunks;
import io.github.vla3d.data.DataException;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.NormStats;
import io.github.vla3d.datasets.Datasets;
import io.github.vla3d.datasets.lerobot.LeRobotDataset;
import io.github.vla3d.datasets.lerobot.LeRobotStats;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code vla3d norm-stats}: the statistics by which policies normalise. */
@Command(
    name = "norm-stats",
    mixinStandardHelpOptions = true,
    description =
        "Writes openpi's norm_stats.json and, for a LeRobotDataset, LeRobot's stats.json, as their own programs compute"
            + " them. Reads no picture.")
final class NormStatsCommand extends DocumentCommand {
  @Parameters(paramLabel = "DATASET", description = "The data set.")
  private Path source = Path.of(".");

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Folder for the files; made if it is missing.")
  private Path out = Path.of(".");

  @Option(
      names = "--horizon",
      defaultValue = "50",
      paramLabel = "N",
      description = "Actions in a chunk (default: 50).")
  private int horizon;

  @Option(
      names = "--delta",
      split = ",",
      paramLabel = "COLUMN",
      description = "Columns of the action that are written as differences to the state.")
  private List<Integer> delta = new ArrayList<>();

  @Option(
      names = "--batch",
      defaultValue = "" + NormStats.DEFAULT_BATCH,
      paramLabel = "N",
      description =
          "Frames in a batch; openpi leaves out those that fill no batch (default: ${DEFAULT-VALUE}).")
  private int batch;

  NormStatsCommand(Output output) {
    super(output);
  }

  @Override
  public Integer call() throws IOException {
    List<Path> written = new ArrayList<>();
    try (Dataset dataset = Datasets.open(source)) {
      String openpi = NormStats.of(dataset, chunks(), batch).toJson();
      written.add(write("norm_stats.json", openpi));
      if (dataset instanceof LeRobotDataset lerobot) {
        written.add(write("stats.json", LeRobotStats.toJson(lerobot)));
      } else {
        output.note("stats.json is for LeRobot data sets only; this is none, so it is not written");
      }
    }
    written.forEach(file -> output.line("%s", file));
    ArrayNode files = new ObjectMapper().createArrayNode();
    written.forEach(file -> files.add(file.toString()));
    output.json(new ObjectMapper().createObjectNode().set("written", files));
    return 0;
  }

  private ActionChunks chunks() {
    int columns = delta.stream().mapToInt(c -> c + 1).max().orElse(0);
    boolean[] flags = new boolean[columns];
    for (int column : delta) {
      if (column < 0) {
        throw new DataException(
            source.toString(), "action", -1, "a column number >= 0 for --delta", "" + column);
      }
      flags[column] = true;
    }
    return new ActionChunks(horizon, flags);
  }

  private Path write(String name, String text) throws IOException {
    Files.createDirectories(out);
    Path aside = Files.createTempFile(out, "." + name, ".tmp");
    Path file = out.resolve(name);
    Files.writeString(aside, text + "\n");
    return Files.move(
        aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
