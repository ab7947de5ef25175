package io.github.vla3d.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.github.vla3d.data.DataException;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.Episode;
import io.github.vla3d.data.Observation;
import io.github.vla3d.datasets.Datasets;
import io.github.vla3d.datasets.view.CloudPicture;
import io.github.vla3d.datasets.view.ContactSheet;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code vla3d view}: pictures of a recorded episode, for a person to judge its calibration. */
@Command(
    name = "view",
    mixinStandardHelpOptions = true,
    description =
        "Draws an episode: a contact sheet of all views with depth and the axes of world and"
            + " end-effector, and its coloured points from a free viewpoint.")
final class ViewCommand extends DocumentCommand {
  @Parameters(paramLabel = "DATASET", description = "The data set.")
  private Path source = Path.of(".");

  @Option(names = "--episode", paramLabel = "N", defaultValue = "0", description = "Which episode.")
  private int number;

  @Option(
      names = "--frame",
      paramLabel = "T",
      defaultValue = "0",
      description = "Frame of the point cloud (default: 0).")
  private int frame;

  @Option(
      names = "--columns",
      paramLabel = "N",
      defaultValue = "6",
      description = "Frames on the contact sheet (default: 6).")
  private int columns;

  @Option(
      names = "--azimuth",
      paramLabel = "DEGREES",
      defaultValue = "-50",
      description = "Viewpoint about z; 0 looks along -x (default: -50).")
  private double azimuth;

  @Option(
      names = "--elevation",
      paramLabel = "DEGREES",
      defaultValue = "35",
      description = "Viewpoint above the horizon (default: 35).")
  private double elevation;

  @Option(
      names = "--distance",
      paramLabel = "METRES",
      defaultValue = "1.6",
      description = "Distance from the middle of the points (default: 1.6).")
  private double distance;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = ".",
      description = "Folder for the pictures.")
  private Path out = Path.of(".");

  ViewCommand(Output output) {
    super(output);
  }

  @Override
  public Integer call() throws IOException {
    System.setProperty("java.awt.headless", "true");
    List<Path> written = new ArrayList<>();
    try (Dataset dataset = Datasets.open(source)) {
      within("episode", number, dataset.size());
      Episode episode = dataset.episode(number);
      within("frame", frame, episode.frames());
      written.add(write(ContactSheet.render(episode, columns, 256), "sheet"));
      Observation observation = episode.observation(frame);
      boolean depth =
          observation.views().stream()
              .anyMatch(view -> view.depth().isPresent() && view.camera().isPresent());
      if (depth) {
        var from =
            new CloudPicture.Viewpoint(
                Math.toRadians(azimuth), Math.toRadians(elevation), distance);
        written.add(write(CloudPicture.render(observation, from, 960, 720), "cloud"));
      } else {
        output.note("no view has depth and a camera, so there is no point cloud");
      }
    }
    ArrayNode files = new ObjectMapper().createArrayNode();
    for (Path file : written) {
      output.line("%s", file);
      files.add(file.toString());
    }
    output.json(new ObjectMapper().createObjectNode().set("written", files));
    return 0;
  }

  private void within(String what, int number, int size) {
    if (number < 0 || number >= size) {
      throw new DataException(
          source.toString(), what, DataException.NO_ROW, "0 to " + (size - 1), "" + number);
    }
  }

  private Path write(BufferedImage image, String what) throws IOException {
    Files.createDirectories(out);
    Path file = out.resolve(String.format("episode_%06d_%s.png", number, what));
    Path aside = Files.createTempFile(out, "." + what, ".png");
    ImageIO.write(image, "png", aside.toFile());
    return Files.move(
        aside,
        file,
        java.nio.file.StandardCopyOption.ATOMIC_MOVE,
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }
}
