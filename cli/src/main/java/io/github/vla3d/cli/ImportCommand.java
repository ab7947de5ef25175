package io.github.vla3d.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.ReadOptions;
import io.github.vla3d.datasets.Datasets;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
  static final String LEROBOT_V3 = "lerobot-v3";

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
      names = "--views",
      split = ",",
      paramLabel = "NAME",
      description = "Import these cameras only (default: all).")
  private Set<String> views = new LinkedHashSet<>();

  @Mixin private Conversion conversion = new Conversion();

  ImportCommand(Output output) {
    super(output);
  }

  @Override
  public Integer call() throws IOException {
    if (!to.equals(LEROBOT_V3)) {
      throw new IllegalArgumentException("--to: wanted " + LEROBOT_V3 + ", got '" + to + "'");
    }
    ReadOptions options = new ReadOptions(views, true, List.of());
    ArrayNode all = new ObjectMapper().createArrayNode();
    try (Dataset dataset = Datasets.open(source, options)) {
      for (Conversion.Written one : conversion.write("import", dataset, dataset::episode, out)) {
        output.line(
            "%s: %d episodes, %d frames as %s", one.out(), one.episodes(), one.frames(), to);
        all.add(one.json());
      }
    }
    output.json(new ObjectMapper().createObjectNode().set("written", all));
    return 0;
  }
}
