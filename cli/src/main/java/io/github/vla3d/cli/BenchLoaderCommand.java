package io.github.vla3d.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.vla3d.data.DataException;
import io.github.vla3d.data.Dataset;
import io.github.vla3d.data.Episode;
import io.github.vla3d.datasets.Datasets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code vla3d bench loader}: how long a frame of a data set takes to read, with all its pictures
 * and depth, in one thread. {@code tools/reference/loader_race.py} runs it beside LeRobot.
 */
@Command(
    name = "loader",
    mixinStandardHelpOptions = true,
    description =
        "Measures the time per frame of reading a data set: in order, first with the start of the"
            + " libraries and then without, and in an order that jumps about.")
final class BenchLoaderCommand extends DocumentCommand {
  /** A jump that visits every frame once: prime, so coprime to the length of any small data set. */
  private static final long JUMP = 7919;

  @Parameters(paramLabel = "DATASET", description = "The data set.")
  private Path source = Path.of(".");

  @Option(
      names = "--frames",
      paramLabel = "N",
      defaultValue = "200",
      description =
          "Frames of each measurement; the data set needs three times as many (default: 200).")
  private int frames;

  BenchLoaderCommand(Output output) {
    super(output);
  }

  private record Place(int episode, int frame) {}

  @Override
  public Integer call() {
    long began = System.nanoTime();
    try (Dataset dataset = Datasets.open(source)) {
      List<Place> places = new ArrayList<>();
      for (int e = 0; e < dataset.size(); e++) {
        for (int f = 0; f < dataset.frames(e); f++) {
          places.add(new Place(e, f));
        }
      }
      if (frames < 1 || places.size() < 3L * frames) {
        throw new DataException(
            source.toString(),
            "--frames",
            DataException.NO_ROW,
            "1 to " + places.size() / 3 + ", a third of the data set",
            "" + frames);
      }
      read(dataset, places.subList(0, frames));
      double first = millis(began);
      began = System.nanoTime();
      read(dataset, places.subList(frames, 2 * frames));
      double ordered = millis(began);
      List<Place> jumping = new ArrayList<>();
      for (long i = 0; i < frames; i++) {
        jumping.add(places.get((int) (i * JUMP % places.size())));
      }
      began = System.nanoTime();
      read(dataset, jumping);
      double jumped = millis(began);
      output.line(
          "first   %8.2f ms a frame, in order, with opening and the start of libraries", first);
      output.line("ordered %8.2f ms a frame, in order", ordered);
      output.line("jumping %8.2f ms a frame, in an order that jumps about", jumped);
      output.json(
          new ObjectMapper()
              .createObjectNode()
              .put("frames", frames)
              .put("first_ms", first)
              .put("ordered_ms", ordered)
              .put("jumping_ms", jumped));
      return 0;
    }
  }

  private double millis(long began) {
    return (System.nanoTime() - began) / 1e6 / frames;
  }

  private static void read(Dataset dataset, List<Place> places) {
    int number = -1;
    Episode episode = dataset.episode(0);
    for (Place place : places) {
      if (place.episode() != number) {
        number = place.episode();
        episode = dataset.episode(number);
      }
      episode.observation(place.frame());
    }
  }
}
